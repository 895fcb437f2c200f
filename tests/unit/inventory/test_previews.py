"""What the UI shows of a night's proposals."""

from datetime import timedelta

import polars as pl

from retail_assets.inventory.previews import by_supplier, figures, largest_transfers, most_urgent, runs_out
from retail_assets.inventory.proposing import Proposed
from retail_assets.inventory.tables import REORDER_POINTS, REORDER_PROPOSALS, TRANSFER_PROPOSALS
from tests.unit.inventory.conftest import NIGHT


def points(*rows: dict) -> pl.DataFrame:
    usual = {"planned_on": NIGHT, "is_orderable": True, "order_quantity": 0, "transfer_quantity": 0,
             "expected_stockout_on": NIGHT}  # fmt: skip
    filled = pl.DataFrame([usual | row for row in rows], schema_overrides={"held_back_by": pl.String})
    schema = dict(REORDER_POINTS.schema)
    return pl.concat(
        [REORDER_POINTS.empty(), filled.cast({name: schema[name] for name in filled.columns})], how="diagonal"
    )


def test_what_is_done_about_what_runs_out() -> None:
    """What is not listed any more, or does not run out, is not shown."""
    later = NIGHT + timedelta(days=3)
    found = runs_out(
        points(
            {"order_quantity": 6, "held_back_by": "RO-1"},
            {"order_quantity": 6},
            {"order_quantity": 6, "transfer_quantity": 2},
            {"transfer_quantity": 2, "expected_stockout_on": later},
            {"expected_stockout_on": later},
            {"is_orderable": False},
            {"expected_stockout_on": None},
        )
    )
    assert found.rows() == [
        (0, "held back", 1),
        (0, "ordered", 2),
        (3, "not yet", 1),
        (3, "sent from a store", 1),
    ]


def orders(*rows: tuple[str, float, float | None]) -> pl.DataFrame:
    """Supplier, probability and amount of each."""
    schema = dict(REORDER_PROPOSALS.schema)
    names = ("supplier_id", "stockout_probability", "order_amount")
    filled = pl.DataFrame(rows, schema={name: schema[name] for name in names}, orient="row", strict=False)
    return pl.concat([REORDER_PROPOSALS.empty(), filled], how="diagonal")


def test_the_most_urgent_and_the_largest_come_first() -> None:
    some = orders(("V1", 0.5, 10), ("V2", 0.9, None), ("V2", 0.9, 7), ("V1", 0.1, 5))
    assert most_urgent(some)["order_amount"].to_list() == [7, None, 10, 5]
    assert by_supplier(some).select("supplier_id", "lines", "amount").rows() == [("V1", 2, 15), ("V2", 2, 7)]


def test_nothing_to_show() -> None:
    none = Proposed(
        REORDER_POINTS.empty(),
        REORDER_PROPOSALS.empty(),
        TRANSFER_PROPOSALS.empty(),
        never_counted=pl.DataFrame(),
        without_forecast=pl.DataFrame(),
        overdue=0,
        without_lot=0,
        unknown_to_purchasing=0,
    )
    assert figures(none) == {}
    assert most_urgent(none.orders).is_empty()
    assert by_supplier(none.orders).is_empty()
    assert largest_transfers(none.transfers).is_empty()
