"""What was approved goes to purchasing: once, as lines of orders and as files. Approved transfers are kept for the
stores that send them."""

from datetime import date

import polars as pl

from retail_assets.inventory.decisions import cut_quantity, last_decisions
from retail_assets.inventory.states import APPROVED, CUT, ORDER_KINDS, TRANSFER_KINDS
from retail_assets.inventory.tables import (
    PLACED_ORDER_LINES,
    PLACED_TRANSFERS,
    PURCHASE_ORDER_FILES,
    REORDER_PROPOSALS,
    TRANSFER_PROPOSALS,
)
from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake, file_lock
from retail_assets.platform import Platform

COLUMNS = (
    "order_number",
    "line_number",
    "supplier_id",
    "store_id",
    "product_id",
    "quantity",
    "unit_cost",
    "currency",
    "ordered_on",
    "proposal_id",
)
"""Of a file for purchasing, in order."""


def place_orders(platform: Platform, *, night: date) -> pl.DataFrame:
    """Give to purchasing what was approved or cut and was not given yet; gives the lines (PLACED_ORDER_LINES).

    The lines are the record: a proposal that has one is placed, whatever is decided afterwards. A run that is killed
    between lines and files is finished by the next.
    """
    lake = platform.lake
    with file_lock(lake.lock_file("placed orders")):
        _write_files(lake)
        decided = _decided(platform)
        open_ = decided.join(all_parts(PLACED_ORDER_LINES, lake), on="proposal_id", how="anti")
        if open_.is_empty():
            return PLACED_ORDER_LINES.empty()
        number = 1 + _times(PLACED_ORDER_LINES, lake, night)
        # A night that is run again places nothing of later ones.
        proposals = all_parts(REORDER_PROPOSALS, lake).filter(pl.col("planned_on") <= night)
        lines = order_lines(proposals, open_, night=night, number=number)
        if lines.is_empty():
            return lines
        PLACED_ORDER_LINES.write(lake, next_part(PLACED_ORDER_LINES, lake, night), lines)
        _write_files(lake)
    return lines


def place_transfers(platform: Platform, *, night: date) -> pl.DataFrame:
    """Keep the transfers that were approved and are not kept yet; gives their rows (PLACED_TRANSFERS).

    They count until a store books them; what was decided about them afterwards, the mart placed_transfers knows.
    """
    lake = platform.lake
    with file_lock(lake.lock_file("placed transfers")):
        approved = last_decisions(platform, TRANSFER_KINDS).filter(state=APPROVED)
        kept = all_parts(PLACED_TRANSFERS, lake)
        new = (
            all_parts(TRANSFER_PROPOSALS, lake)
            .filter(pl.col("planned_on") <= night)
            .join(approved, left_on="transfer_id", right_on="subject", how="semi")
            .join(kept, on="transfer_id", how="anti")
            .sort("origin_store_id", "destination_store_id", "product_id", "transfer_id")
            .with_columns(placed_on=pl.lit(night))
            .select(PLACED_TRANSFERS.schema.names())
        )
        if new.height:
            PLACED_TRANSFERS.write(lake, next_part(PLACED_TRANSFERS, lake, night), new)
    return new


def next_part(table: LakeTable, lake: Lake, night: date) -> str:
    """Of a table that grows by a part whenever something was placed: that of a night's next time."""
    return f"{night}-{1 + _times(table, lake, night):04d}"


def _times(table: LakeTable, lake: Lake, night: date) -> int:
    return sum(path.stem.startswith(night.isoformat()) for path in table.parts(lake))


def order_lines(proposals: pl.DataFrame, decided: pl.DataFrame, *, night: date, number: int) -> pl.DataFrame:
    """Lines of orders of proposals that were decided (proposal_id, decision, quantity or null for all that is
    proposed).

    A file holds what one supplier is ordered; an order in it is for one store and in one currency.
    """
    lines = proposals.join(decided, on="proposal_id", how="inner").filter(pl.col("supplier_id").is_not_null())
    lines = lines.sort("supplier_id", "store_id", "currency", "product_id", nulls_last=True).with_columns(
        file_name=pl.format("{}-{}-{}", "supplier_id", pl.lit(f"{night:%Y%m%d}"), pl.lit(number))
    )
    order = pl.struct("store_id", pl.col("currency").fill_null("")).rank("dense").over("supplier_id")
    lines = lines.with_columns(order_number=pl.format("{}-{}", "file_name", order.cast(pl.Int64)))
    return (
        lines.select(
            "order_number",
            "file_name",
            "proposal_id",
            "decision",
            "supplier_id",
            "store_id",
            "product_id",
            "unit_cost",
            "currency",
            line_number=pl.int_range(1, pl.len() + 1).over("order_number"),
            placed_on=pl.lit(night),
            proposed_quantity="order_quantity",
            quantity=pl.coalesce("quantity", "order_quantity"),
        )
        .select(PLACED_ORDER_LINES.schema.names())
        .cast(dict(PLACED_ORDER_LINES.schema))
    )


def order_files(lines: pl.DataFrame) -> pl.DataFrame:
    """The files (rows of PURCHASE_ORDER_FILES) that some lines make."""
    rows = [
        {
            "file_name": name,
            "supplier_id": part["supplier_id"][0],
            "placed_on": part["placed_on"][0],
            "line_count": part.height,
            # A row file ends with a newline of its own.
            "content": part.rename({"placed_on": "ordered_on"}).select(COLUMNS).write_csv().rstrip("\n"),
        }
        for (name,), part in lines.group_by("file_name", maintain_order=True)
    ]
    return pl.DataFrame(rows, schema=PURCHASE_ORDER_FILES.schema) if rows else PURCHASE_ORDER_FILES.empty()


def all_parts(table: LakeTable, lake: Lake) -> pl.DataFrame:
    """The rows of all parts of a table."""
    parts = [pl.read_parquet(path, glob=False) for path in table.parts(lake)]
    return pl.concat([table.empty(), *parts])


def _write_files(lake: Lake) -> None:
    """Write the files of lines that have none yet."""
    for path in PLACED_ORDER_LINES.parts(lake):
        if not PURCHASE_ORDER_FILES.part(lake, path.stem).exists():
            PURCHASE_ORDER_FILES.write(lake, path.stem, order_files(PLACED_ORDER_LINES.read(lake, path.stem)))


def _decided(platform: Platform) -> pl.DataFrame:
    """proposal_id, decision (approved or cut) and quantity of what was last decided so about each proposal."""
    decided = last_decisions(platform, ORDER_KINDS).filter(pl.col("state").is_in([APPROVED, CUT]))
    quantities = [
        cut_quantity(payload) if state == CUT else None
        for state, payload in decided.select("state", "payload").iter_rows()
    ]
    return decided.select(
        proposal_id="subject",
        decision="state",
        quantity=pl.Series(quantities, dtype=PLACED_ORDER_LINES.schema["quantity"]),
    )
