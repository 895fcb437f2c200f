"""Which placed lines purchasing knows of: by number, or by what they say."""

from datetime import date, timedelta

import polars as pl

from retail_assets.inventory.tables import PLACED_ORDER_LINES
from retail_assets.inventory.unconfirmed import unconfirmed

DAY = date(2026, 11, 20)


def placed(*rows: tuple[str, int, float]) -> pl.DataFrame:
    """Order number (the proposal is called the same), days after DAY, units of P1 for S1 from V1."""
    schema = dict(PLACED_ORDER_LINES.schema)
    lines = [
        {"order_number": number, "proposal_id": number, "placed_on": DAY + timedelta(days=days), "quantity": units,
         "supplier_id": "V1", "store_id": "S1", "product_id": "P1"} for number, days, units in rows
    ]  # fmt: skip
    filled = pl.DataFrame(lines, schema={name: schema[name] for name in lines[0]}, strict=False)
    return pl.concat([PLACED_ORDER_LINES.empty(), filled], how="diagonal")


def ordered(*rows: tuple[str, int, float], store: str = "S1") -> pl.DataFrame:
    lines = [
        {"po_id": number, "ordered_on": DAY + timedelta(days=days), "ordered_quantity": units, "supplier_id": "V1",
         "store_id": store, "product_id": "P1"} for number, days, units in rows
    ]  # fmt: skip
    return pl.DataFrame(lines, schema_overrides={"ordered_quantity": pl.Decimal(18, 3)})


def unknown(lines: pl.DataFrame, orders: pl.DataFrame) -> list[str]:
    return unconfirmed(lines, orders)["order_number"].to_list()


def test_by_its_number_whatever_was_made_of_it() -> None:
    assert unknown(placed(("A", 0, 30), ("B", 0, 30)), ordered(("A", 0, 24))) == ["B"]


def test_purchasing_may_number_orders_itself() -> None:
    lines = placed(("A", 0, 30))
    assert unknown(lines, ordered(("4711", 2, 30))) == []
    assert unknown(lines, ordered(("4711", -1, 30))) == ["A"], "that was ordered before"
    assert unknown(lines, ordered(("4711", 2, 24))) == ["A"], "another quantity is another order"
    assert unknown(lines, ordered(("4711", 2, 30), store="S2")) == ["A"]


def test_an_order_stands_for_one_line() -> None:
    lines = placed(("A", 0, 30), ("B", 5, 30))
    assert unknown(lines, ordered(("4711", 6, 30))) == ["B"]
    assert unknown(lines, ordered(("4711", 6, 30), ("4712", 7, 30))) == []
    # One that is known by its number stands for no other.
    assert unknown(lines, ordered(("A", 6, 30))) == ["B"]


def test_what_was_ordered_beside_stands_for_no_line_placed_afterwards() -> None:
    """4712 was ordered by hand before B was placed: 4713 is B's all the same."""
    lines = placed(("A", 0, 30), ("B", 5, 30))
    assert unknown(lines, ordered(("4711", 1, 30), ("4712", 2, 30))) == ["B"]
    assert unknown(lines, ordered(("4711", 1, 30), ("4712", 2, 30), ("4713", 6, 30))) == []
    assert unknown(lines, ordered(("4712", 2, 30), ("4713", 6, 30))) == []
