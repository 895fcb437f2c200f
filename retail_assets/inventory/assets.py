"""Stock and forecasts become proposals, and what is approved of them orders. Wiring only."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from retail_assets.dagster_kit.wiring import (
    LEDGER,
    ONE_NIGHT_A_RUN,
    Night,
    check_result,
    partitions_of,
    pictures,
    rows_table,
    table_key,
    table_spec,
    told,
)
from retail_assets.inventory.flow import FLOW
from retail_assets.inventory.tables import (
    PLACED_ORDER_LINES,
    PLACED_TRANSFERS,
    PURCHASE_ORDER_FILES,
    REORDER_POINTS,
    REORDER_PROPOSALS,
    TRANSFER_PROPOSALS,
)
from retail_assets.kit.foretold import FORECAST
from retail_assets.names import printable
from retail_assets.platform import Platform

if TYPE_CHECKING:
    from retail_assets.inventory.proposing import Proposed

CHECK, TWICE = "a_forecast_to_order_by", "nothing_is_ordered_twice"


def definitions(platform: Platform) -> dg.Definitions:
    lines = table_spec(platform, FLOW, PLACED_ORDER_LINES, deps=[LEDGER], kinds={"parquet"})
    files = table_spec(platform, FLOW, PURCHASE_ORDER_FILES, deps=[LEDGER], kinds={"parquet"})
    kept = table_spec(platform, FLOW, PLACED_TRANSFERS, deps=[LEDGER], kinds={"parquet"})

    @dg.multi_asset(
        name=PLACED_ORDER_LINES.name,
        specs=[lines, files, kept],
        can_subset=True,  # whichever is asked for, all are written: the files hold the lines
    )
    @told(platform)
    def placed_orders(context: dg.AssetExecutionContext) -> Iterator[Any]:
        from retail_assets.inventory.placing import place_orders, place_transfers

        night = Night(context, platform).as_of
        placed, transfers = place_orders(platform, night=night), place_transfers(platform, night=night)
        counts = {
            "lines": placed.height,
            "suppliers": placed["supplier_id"].n_unique(),
            "transfers": transfers.height,
        }
        for key in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=key, metadata=counts)

    foretold = [table_key(FORECAST)] if FORECAST in platform.tables else []
    proposed = [
        table_spec(platform, FLOW, table, deps=[lines.key, kept.key, *foretold], kinds={"polars", "parquet"})
        for table in (REORDER_PROPOSALS, REORDER_POINTS, TRANSFER_PROPOSALS)
    ]

    @dg.multi_asset(
        name=REORDER_PROPOSALS.name,
        specs=proposed,
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
        can_subset=True,  # whichever is asked for, all are written: they are of one plan
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=proposed[0].key,
                description="There is a demand forecast of the last days to order by, of all that lies in stores, a "
                "count of all that is in it, and a supplier of each proposal.",
            ),
            dg.AssetCheckSpec(
                TWICE,
                asset=proposed[0].key,
                description="Purchasing knows what was placed, stores booked what they were to send, and nothing is "
                "proposed of which as much is on order.",
            ),
        ],
    )
    @told(platform)
    def proposals(context: dg.AssetExecutionContext) -> Iterator[Any]:
        from retail_assets.inventory.replenishment import (
            a_forecast_to_order_by,
            nothing_is_ordered_twice,
            propose_night,
        )

        done = propose_night(platform, as_of=Night(context, platform).as_of)
        findings = {CHECK: a_forecast_to_order_by(done), TWICE: nothing_is_ordered_twice(done)}
        severity = dg.AssetCheckSeverity.WARN
        results = [check_result(name, found, severity=severity) for name, found in findings.items()]
        for finding in findings.values():
            if not finding.passed:
                context.log.warning(printable(finding.advice))
        for spec in proposed:
            if spec.key in context.selected_asset_keys:
                is_checked = spec.key == proposed[0].key
                yield dg.MaterializeResult(
                    asset_key=spec.key,
                    metadata={**findings[CHECK].figures, **_shown(spec.key, done.proposed)},
                    check_results=results if is_checked else [],
                )

    return dg.Definitions(assets=[placed_orders, proposals])


def _shown(key: dg.AssetKey, proposed: "Proposed | None") -> dict[str, Any]:
    """What the UI shows of a table."""
    from retail_assets.inventory.previews import by_supplier, figures, largest_transfers, most_urgent

    if proposed is None:
        return {}
    if key == table_key(REORDER_PROPOSALS.name):
        urgent, suppliers = most_urgent(proposed.orders), by_supplier(proposed.orders)
        return {"most_urgent": rows_table(urgent), "by_supplier": rows_table(suppliers)}
    if key == table_key(TRANSFER_PROPOSALS.name):
        return {"largest_transfers": rows_table(largest_transfers(proposed.transfers))}
    return pictures(figures(proposed))
