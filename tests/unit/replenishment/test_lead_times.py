"""Lead times: what was delivered counts, few orders lean on the supplier, none on what he states."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.replenishment.lead_times import SCHEMA, lead_times


def delivered(*rows: tuple[str, str, float]) -> pl.DataFrame:
    schema = {"supplier_id": pl.String, "product_id": pl.String, "lead_days": pl.Float64}
    return pl.DataFrame(rows, schema, orient="row")


def terms(*rows: tuple[str, str, int | None]) -> pl.DataFrame:
    schema = {"supplier_id": pl.String, "product_id": pl.String, "lead_time_days": pl.Int32}
    return pl.DataFrame(rows, schema, orient="row")


def of(table: pl.DataFrame, supplier: str, product: str) -> dict:
    return table.row(
        by_predicate=(pl.col("supplier_id") == supplier) & (pl.col("product_id") == product), named=True
    )


def test_stated_ones_stand_where_nothing_was_ordered() -> None:
    found = lead_times(delivered(), terms(("V1", "P1", 7), ("V1", "P2", None)))
    assert dict(found.schema) == SCHEMA
    one = of(found, "V1", "P1")
    assert (one["mean_days"], one["spread_days"], one["orders"], one["basis"]) == (7, 0, 0, "stated")
    assert of(found, "V1", "P2")["mean_days"] is None
    assert of(found, "V1", "P2")["basis"] is None


def test_products_that_do_not_differ_have_their_suppliers_mean() -> None:
    """V1's 8 orders take 9 or 11 days whatever is ordered: 10 on average. He states 10 for P3, which nobody ordered."""
    rows = [("V1", product, days) for product in ("P1", "P2") for days in (9, 11, 9, 11)]
    found = lead_times(delivered(*rows), terms(("V1", "P3", 10)))
    assert found["mean_days"].to_list() == pytest.approx([10, 10, 10])
    assert found["basis"].to_list() == ["supplier"] * 3
    # All orders lie 1 day off, and so does everything that the spread leans on.
    assert found["spread_days"].to_list() == pytest.approx([1, 1, 1])


def test_products_that_differ_go_their_own_way() -> None:
    """k by hand: within = 8 / 6; between = (4*25 + 4*25 - 1 * 8/6) / (8 - 32/8); Z = 4 / (4 + k) = .9932."""
    rows = [("V1", "P1", days) for days in (4, 6, 4, 6)] + [("V1", "P2", days) for days in (14, 16, 14, 16)]
    found = lead_times(delivered(*rows), terms())
    k = (8 / 6) / ((200 - 8 / 6) / 4)
    weight = 4 / (4 + k)
    assert found["mean_days"].to_list() == pytest.approx([10 - 5 * weight, 10 + 5 * weight])
    assert found["basis"].to_list() == ["orders", "orders"]


def test_one_order_of_a_supplier_does_not_outweigh_what_he_states() -> None:
    """He states 6 days and took 14 once: (14 + 3 * 6) / 4 = 8."""
    one = of(lead_times(delivered(("V1", "P1", 14)), terms(("V1", "P1", 6))), "V1", "P1")
    assert (one["mean_days"], one["basis"]) == (8, "stated")


def test_an_unknown_supplier_takes_as_long_as_all_others() -> None:
    found = lead_times(delivered(("V1", "P1", 4), ("V1", "P1", 6)), terms(("V2", "P1", None)))
    assert (of(found, "V2", "P1")["mean_days"], of(found, "V2", "P1")["basis"]) == (5, "all")


def test_it_finds_what_orders_were_drawn_from() -> None:
    rng = np.random.default_rng(1)
    rows = [
        ("V1", f"P{product}", float(days))
        for product in range(20)
        for days in rng.normal(8 + product % 2 * 4, 1.5, 200)
    ]
    found = lead_times(delivered(*rows), terms())
    expected = [8 + int(name[1:]) % 2 * 4 for name in found["product_id"]]
    np.testing.assert_allclose(found["mean_days"], expected, atol=0.4)
    np.testing.assert_allclose(found["spread_days"], 1.5, atol=0.3)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from("VWX"), st.sampled_from("abc"), st.floats(0, 200)), max_size=30),
    st.lists(
        st.tuples(st.sampled_from("VWX"), st.sampled_from("abc"), st.none() | st.integers(0, 700)), max_size=9
    ),
)
def test_every_pair_once_and_between_what_was_seen_and_stated(orders: list, stated: list) -> None:
    found = lead_times(delivered(*orders), terms(*stated))
    assert set(found.select("supplier_id", "product_id").iter_rows()) == {
        (supplier, product) for supplier, product, _ in orders + stated
    }
    assert len(found) == len(found.unique(["supplier_id", "product_id"]))
    known = [days for *_, days in orders + stated if days is not None]
    means = found["mean_days"].drop_nulls()
    assert means.is_between(min(known, default=0) - 1e-9, max(known, default=0) + 1e-9).all()
    assert (found["spread_days"].drop_nulls() >= 0).all()
    assert (found["mean_days"].is_null() == found["spread_days"].is_null()).all()
