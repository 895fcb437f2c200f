"""What is certainly wrong in a row is rejected by the name of a rule; what is only unusual comes in."""

from typing import Any

import polars as pl
import pytest

from retail_assets.contract import Feed
from retail_assets.currencies import CURRENCIES, WITHOUT_MINOR_UNIT
from tests.unit.mapping.conftest import FEEDS, MapRows

GOOD = {
    "sales": {
        "order_id": "B1",
        "line_number": "1",
        "store_id": "S1",
        "product_id": "P1",
        "sold_at": "2026-11-20T10:00:00Z",
        "quantity": "2",
        "unit_price": "9.99",
        "currency": "EUR",
        "discount": "",
        "net_amount": "",
    },
    "stock_movements": {
        "movement_id": "M1",
        "store_id": "S1",
        "product_id": "P1",
        "moved_at": "2026-11-20T10:00:00Z",
        "quantity": "1",
        "kind": "receipt",
        "transfer_id": "T1",
    },
    "order_events": {
        "event_id": "E1",
        "order_kind": "sales",
        "order_id": "O1",
        "at": "2026-11-20T10:00:00Z",
        "status": "paid",
    },
}

WRONG: list[tuple[str, str, dict[str, str]]] = [
    *(
        ("stock_movements", "sign_fits_kind", {"kind": kind, "quantity": quantity})
        for kind, quantity in [
            ("damage", "1"),
            ("transfer_out", "5"),
            ("supplier_return", "0.001"),
            ("transfer_in", "-2"),
            ("customer_return", "-1"),
        ]
    ),
    ("sales", "discount_fits_line", {"discount": "21"}),
    ("sales", "discount_fits_line", {"discount": "-1"}),
    ("sales", "discount_fits_line", {"quantity": "-2", "discount": "1"}),
    ("sales", "discount_fits_line", {"quantity": "-2", "discount": "-25"}),
    ("sales", "discount_fits_line", {"unit_price": "0", "discount": "5"}),
    ("sales", "amount_fits_price", {"net_amount": "23.78"}),
    ("sales", "amount_fits_price", {"net_amount": "-19.98"}),
    ("sales", "amount_fits_price", {"net_amount": "19.98", "discount": "2"}),
    ("sales", "amount_fits_price", {"net_amount": "0"}),
    ("sales", "amount_fits_price", {"quantity": "-2", "net_amount": "19.98"}),
    *(
        ("sales", "pattern", {"currency": code})
        for code in ("EURO", "ERU", "XXX", "XTS", "eur", "€", "XAU", "E UR")
    ),
    ("sales", "minimum", {"sold_at": "1970-01-01T00:00:00Z"}),
    ("sales", "minimum", {"sold_at": "1980-01-01T00:00:00Z"}),
    ("sales", "minimum", {"sold_at": "1899-12-30T10:00:00Z"}),
    ("sales", "maximum", {"sold_at": "2206-11-20T00:00:00Z"}),
    ("sales", "maximum", {"sold_at": "2100-01-01T00:00:00Z"}),
    ("stock_movements", "minimum", {"moved_at": "1904-01-01T00:00:00Z"}),
    ("order_events", "maximum", {"at": "9999-12-31T00:00:00Z"}),
]
RIGHT: list[tuple[str, dict[str, str]]] = [
    ("stock_movements", {"kind": "damage", "quantity": "-1"}),
    ("stock_movements", {"kind": "receipt", "quantity": "-1"}),
    ("stock_movements", {"kind": "adjustment", "quantity": "-1"}),
    ("stock_movements", {"kind": "transfer_out", "quantity": "0"}),
    ("sales", {"discount": "19.98"}),
    ("sales", {"quantity": "-2", "discount": "-19.98"}),
    ("sales", {"discount": "20"}),  # what rounding the price of two may make of all of it
    ("sales", {"net_amount": "19.99"}),
    ("sales", {"net_amount": "19.98", "unit_price": "9.988333"}),
    ("sales", {"quantity": "-3", "unit_price": "3.33", "net_amount": "-10"}),
    ("sales", {"quantity": "0.237", "unit_price": "19.99", "net_amount": "4.74"}),
    ("sales", {"quantity": "7", "unit_price": "143", "net_amount": "1000", "currency": "JPY"}),
    ("sales", {"quantity": "99999999999.999", "unit_price": "999999999999.999999", "discount": "1"}),
    ("sales", {"currency": "DEM"}),
    ("sales", {"currency": "CLF"}),
    ("sales", {"sold_at": "1990-01-01T00:00:00Z"}),
    ("sales", {"sold_at": "2099-12-31T23:59:59Z"}),
]


@pytest.mark.parametrize(("feed", "rule", "change"), WRONG)
def test_what_is_certainly_wrong_is_rejected_by_name(
    feed: str, rule: str, change: dict[str, str], map_rows: MapRows
) -> None:
    row = GOOD[feed] | change
    result = map_rows(feed, [row])
    assert ([r["rule"] for r in result.rejects], result.rows(feed)) == ([rule], [])
    assert broken(FEEDS[feed], row), "so says the second opinion"


@pytest.mark.parametrize(("feed", "change"), RIGHT)
def test_what_is_only_unusual_comes_in(feed: str, change: dict[str, str], map_rows: MapRows) -> None:
    row = GOOD[feed] | change
    assert map_rows(feed, [row]).rejects == []
    assert broken(FEEDS[feed], row) == {}


def broken(feed: Feed, row: dict[str, Any]) -> dict[str, int]:
    """The rules that a row breaks, as dataframely on polars has it."""
    given = pl.DataFrame({name: [row.get(name) or None] for name in feed.columns})
    typed = given.with_columns(
        pl.col(name).cast(pl.String).str.to_datetime(time_zone="UTC", time_unit="us")
        if isinstance(column.dtype, pl.Datetime)
        else pl.col(name).cast(column.dtype)
        for name, column in feed.columns.items()
    )
    return feed.contract.filter(typed)[1].counts()


def test_currencies_without_a_minor_unit_are_currencies() -> None:
    assert set(WITHOUT_MINOR_UNIT) <= set(CURRENCIES)
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)
