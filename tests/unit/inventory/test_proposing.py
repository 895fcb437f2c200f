"""From tables to proposals: whose terms count, what is on its way, what is said where something is unknown."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from retail_assets.inventory.planning import Known, Policy, days_left, offered
from retail_assets.inventory.proposing import Proposed, propose
from retail_assets.inventory.replenishment import (
    NightProposed,
    a_forecast_to_order_by,
    nothing_is_ordered_twice,
)
from retail_assets.inventory.tables import REORDER_POINTS, REORDER_PROPOSALS, TRANSFER_PROPOSALS
from tests.foretold import foretold
from tests.rules import rules

NIGHT = date(2026, 11, 20)
POLICY = Policy(
    rules=rules(review_days=7, order_cost=2, keep_days=30, least_transfer=3),
    service_levels={"A": 0.98, "B": 0.95, "C": 0.9},
    landing_shares={"V2": 0.5},
    lead_days=14,
    overdue_days=14,
    unconfirmed_days=14,
    cost_currency="EUR",
    error_correlation=0.05,
    rejected_change=0.5,
)
UNITS, MONEY = pl.Decimal(18, 3), pl.Decimal(18, 6)
STOCK = {"store_id": pl.String, "product_id": pl.String, "available_quantity": UNITS}
INCOMING = {
    "store_id": pl.String,
    "product_id": pl.String,
    "supplier_id": pl.String,
    "kind": pl.String,
    "ordered_on": pl.Date,
    "due_on": pl.Date,
    "quantity": UNITS,
}
PRODUCTS = {
    "product_id": pl.String,
    "supplier_id": pl.String,
    "cost_price": MONEY,
    "selling_price": MONEY,
    "currency": pl.String,
    "pack_size": UNITS,
    "is_active": pl.Boolean,
}
TERMS = {
    "supplier_id": pl.String,
    "product_id": pl.String,
    "unit_cost": MONEY,
    "currency": pl.String,
    "lead_time_days": pl.Int32,
    "min_order_quantity": UNITS,
    "pack_size": UNITS,
}
DELIVERED = {
    "supplier_id": pl.String,
    "product_id": pl.String,
    "lead_days": pl.Int64,
    "stated_days": pl.Int64,
}
DECLINED = {
    **dict.fromkeys(["store_id", "product_id", "supplier_id", "proposal_id"], pl.String),
    "declined_quantity": UNITS,
}
TO_SEND = {
    **dict.fromkeys(["product_id", "origin_store_id", "destination_store_id"], pl.String),
    "placed_on": pl.Date,
    "quantity": UNITS,
    "is_waited_for": pl.Boolean,
}
CLASSES = {"product_id": pl.String, "abc_class": pl.String}

PRODUCT = {"product_id": "P1", "supplier_id": "V1", "cost_price": 4, "selling_price": 10, "currency": "EUR",
           "pack_size": 6, "is_active": True}  # fmt: skip
TERM = {"supplier_id": "V1", "product_id": "P1", "unit_cost": 5, "currency": "EUR", "lead_time_days": 5}


def table(schema: dict[str, Any], *rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema)


def known(
    rates: Mapping[tuple[str, str], float], stock: Mapping[tuple[str, str], float | None], **more: Any
) -> Known:
    levels = [{"store_id": s, "product_id": p, "available_quantity": q} for (s, p), q in stock.items()]
    return Known(
        forecast=more.get("forecast", foretold(rates, NIGHT)),
        stock=table(STOCK, *levels),
        incoming=table(INCOMING, *more.get("incoming", [])),
        products=table(PRODUCTS, *more.get("products", [PRODUCT])),
        terms=table(TERMS, *more.get("terms", [TERM])),
        delivered=table(DELIVERED, *more.get("delivered", [])),
        classes=table(CLASSES, *more.get("classes", [])),
        declined=table(DECLINED, *more.get("declined", [])),
        to_send=table(TO_SEND, *more.get("to_send", [])),
        kept_apart=table(dict.fromkeys(["store_id", "product_id"], pl.String), *more.get("kept_apart", [])),
    )


def proposed(stock: float | None = 0, rate: float = 4, **more: Any) -> Proposed:
    """Of one product in one store."""
    return propose(known({("S1", "P1"): rate}, {("S1", "P1"): stock}, **more), POLICY, as_of=NIGHT)


def point(found: Proposed) -> dict[str, Any]:
    return found.points.row(0, named=True)


def test_no_two_proposals_have_one_name() -> None:
    pairs = {
        ("S1", "01-G0"): 4.0,
        ("S1-01", "G0"): 4.0,
        ("S:1", "G0"): 4.0,
        ("S", "1:G0"): 4.0,
        ("S%3A1", "G0"): 4.0,
    }
    found = propose(known(pairs, dict.fromkeys(pairs, 0)), POLICY, as_of=NIGHT).orders["proposal_id"]
    assert len(found) == found.n_unique() == 5


def test_the_reason_stands_in_numbers() -> None:
    found = proposed(stock=9, classes=[{"product_id": "P1", "abc_class": "A"}])
    row = found.orders.row(0, named=True)
    assert row["proposal_id"] == "RO-20261120-S1:P1"
    assert (row["abc_class"], row["service_level"]) == ("A", 0.98)
    assert (row["supplier_id"], row["supplier_count"], row["lead_time_basis"]) == ("V1", 1, "stated")
    assert (row["lead_time_days"], row["protection_days"], row["demand_quantity"]) == (5, 12, 48)
    # As in docs/replenishment.md.
    assert round(row["safety_stock"], 1) == 18.1
    assert (row["reorder_point"], row["order_up_to"], row["order_quantity"]) == (66, 134, 126)
    assert row["order_amount"] == row["order_quantity"] * 5
    # 9 last for two days at 4 a day, and not for the third.
    assert row["expected_stockout_on"] == NIGHT + timedelta(days=2)
    assert row["stockout_probability"] > 0.999
    assert (row["forecast_origin"], row["forecast_version"]) == (NIGHT, "1")


def test_tables_are_as_declared() -> None:
    """Also where nothing comes of it."""
    for found in (proposed(), proposed(stock=10_000), proposed(stock=None)):
        assert found.points.schema == REORDER_POINTS.schema
        assert found.orders.schema == REORDER_PROPOSALS.schema
        assert found.transfers.schema == TRANSFER_PROPOSALS.schema


def test_what_was_never_counted_or_not_wholly_foretold_is_not_ordered() -> None:
    uncounted = proposed(stock=None)
    assert uncounted.never_counted.rows() == [("S1", "P1")]
    finding = a_forecast_to_order_by(NightProposed(uncounted))
    assert not finding.passed
    assert "1 products in stores are foretold and were never counted" in finding.advice
    assert "count them (P1 in S1)" in finding.advice
    forecast = foretold({("S1", "P1"): 4}, NIGHT).head(-1)
    whole = foretold({("S2", "P1"): 4}, NIGHT)
    found = proposed(forecast=pl.concat([forecast, whole]))
    assert (found.without_forecast.rows(), found.points.height) == ([("S1", "P1")], 0)
    broken = foretold({("S1", "P1"): 4}, NIGHT).with_columns(hi_95=pl.lit(float("nan")))
    assert proposed(forecast=pl.concat([broken, whole])).without_forecast.height == 1


def test_what_lies_in_a_store_and_is_not_foretold_is_named() -> None:
    """S2 has it on the shelf and S3 has sold the last; a product that is no longer listed may go."""
    stock = {("S1", "P1"): 9, ("S2", "P1"): 5, ("S3", "P1"): 0, ("S1", "P2"): 4, ("S4", "P1"): None}
    listed = [PRODUCT, {**PRODUCT, "product_id": "P2", "is_active": False}]
    found = propose(known({("S1", "P1"): 4}, stock, products=listed), POLICY, as_of=NIGHT)
    assert found.without_forecast.rows() == [("S2", "P1"), ("S3", "P1")]
    finding = a_forecast_to_order_by(NightProposed(found))
    assert not finding.passed
    assert "(P1 in S2, P1 in S3)" in finding.advice


def placed(days: int, units: float = 30) -> dict[str, Any]:
    """What purchasing was given so many days ago and has not told of."""
    return {**order(None, units, "placed"), "ordered_on": NIGHT - timedelta(days=days)}


def test_what_purchasing_does_not_know_of_is_told() -> None:
    """It counts for a fortnight; then it is overdue: it leaves the position for all to see."""
    found = {days: proposed(incoming=[placed(days)]) for days in (3, 4, 13, 14)}
    assert [one.unknown_to_purchasing for one in found.values()] == [0, 1, 1, 1]
    assert [float(point(one)["due_quantity"]) for one in found.values()] == [30, 30, 30, 0]
    assert [float(point(one)["overdue_quantity"]) for one in found.values()] == [0, 0, 0, 30]
    assert nothing_is_ordered_twice(NightProposed(found[3])).passed
    finding = nothing_is_ordered_twice(NightProposed(found[14]))
    assert (finding.passed, finding.figures["unknown_to_purchasing"]) == (False, 1)


def test_what_is_proposed_and_on_order_already_is_told() -> None:
    """500 come in 30 days, and nothing sooner: it is proposed, and said."""
    later = {**order(30, 500), "ordered_on": NIGHT}
    finding = nothing_is_ordered_twice(NightProposed(proposed(incoming=[later])))
    assert (finding.passed, finding.figures["on_order_already"]) == (False, 1)
    assert "(P1 in S1)" in finding.advice
    assert nothing_is_ordered_twice(NightProposed(proposed(incoming=[{**later, "quantity": 20}]))).passed


def test_days_that_have_passed_are_left_out() -> None:
    """A forecast of Tuesday says on Friday what Friday and the days after it need."""
    origin = NIGHT - timedelta(days=3)
    forecast = foretold({("S1", "P1"): 4}, origin).with_columns(
        expected=pl.when(pl.col("date") < NIGHT).then(1000.0).otherwise("expected")
    )
    assert days_left(forecast, NIGHT) == 25
    row = point(proposed(forecast=forecast))
    assert (row["demand_quantity"], row["forecast_origin"]) == (48, origin)
    with pytest.raises(ValueError, match="has 6 days from 2026-12-09 on; it takes 7"):
        propose(known({}, {}, forecast=forecast), POLICY, as_of=NIGHT + timedelta(days=19))


def order(
    days: int | None, units: float = 1, kind: str = "order", supplier: str | None = "V1"
) -> dict[str, Any]:
    """Due in so many days; of an order that is 5 days after it was ordered, the usual time, or today."""
    due = None if days is None else NIGHT + timedelta(days=days)
    ordered = NIGHT if due is None else min(due - timedelta(days=5), NIGHT)
    return {"store_id": "S1", "product_id": "P1", "supplier_id": supplier, "kind": kind, "ordered_on": ordered,
            "due_on": due, "quantity": units}  # fmt: skip


def test_what_is_due_within_the_lead_time_counts() -> None:
    """Lead time 5. Due: 1 in 5 days, 2 on the day, 4 without a day (ordered today: in 5), 8 in transit. Not: 16 that
    were meant for later, in 11 days, and 32 that are overdue for more than a fortnight."""
    coming = [
        order(5, 1),
        order(0, 2),
        order(None, 4),
        order(-3, 8, "transfer", None),
        order(11, 16),
        order(-15, 32),
    ]
    row = point(proposed(incoming=coming))
    assert row["due_quantity"] == row["stock_position"] == 15
    assert (row["on_order_quantity"], row["in_transit_quantity"], row["overdue_quantity"]) == (55, 8, 32)
    assert proposed(incoming=coming).overdue == 1


def arrived(days: int, promised: int | None = None) -> dict[str, Any]:
    return {"supplier_id": "V1", "product_id": "P1", "lead_days": days, "stated_days": promised}


def test_what_is_on_order_is_not_ordered_again_the_next_nights() -> None:
    """He states 20 days and delivers in 8: the order of the first night is there before one of the next ones would."""
    quick: dict[str, Any] = {"terms": [{**TERM, "lead_time_days": 20}], "delivered": [arrived(8, 20)] * 40}
    first = point(proposed(**quick))
    assert first["lead_time_days"] == pytest.approx(8, abs=1)
    ordered = float(first["order_quantity"])
    for nights in range(1, 9):
        promised = {"supplier_id": "V1", "store_id": "S1", "product_id": "P1", "kind": "order",
                    "ordered_on": NIGHT - timedelta(days=nights), "due_on": NIGHT + timedelta(days=20 - nights),
                    "quantity": ordered}  # fmt: skip
        row = point(proposed(incoming=[promised], **quick))
        assert (row["due_quantity"], row["order_quantity"]) == (ordered, 0), nights


def test_what_is_promised_for_later_may_come_later() -> None:
    """The position counts on it in 8 days as on a new order; that stock runs out before is said all the same."""
    quick: dict[str, Any] = {"terms": [{**TERM, "lead_time_days": 20}], "delivered": [arrived(8, 20)] * 40}
    promised = {**order(15, 200), "ordered_on": NIGHT - timedelta(days=5)}
    row = point(proposed(stock=40, incoming=[promised], **quick))
    assert (row["order_quantity"], row["expected_stockout_on"]) == (0, NIGHT + timedelta(days=10))


def test_a_late_order_counts_as_one_that_took_until_today() -> None:
    """Or as long as is usual, where that is longer: he says 5 days and takes 20, so 6 days tell nothing of him."""
    slow = [arrived(20, 5)] * 20

    def days(age: int, **more: Any) -> float:
        late = {
            **order(0),
            "ordered_on": NIGHT - timedelta(days=age),
            "due_on": NIGHT - timedelta(days=age - 5),
        }
        return point(proposed(incoming=[{**late, **more}], delivered=slow))["lead_time_days"]

    usual = point(proposed(delivered=slow))["lead_time_days"]
    assert days(6) == pytest.approx(usual, abs=0.2)
    assert days(6) >= usual
    assert days(30) == pytest.approx((20 * 20 + 30 + 3 * 5) / 24)
    # Nobody waits for it any more a fortnight after it usually comes; and a line that purchasing has not told of is
    # no delivery that is late.
    assert days(60) == usual
    assert days(30, kind="placed", due_on=None) == usual


def test_lead_times_come_from_orders() -> None:
    """He states 5 days and took 9 and 11: half as good as twenty orders, so 20 of them weigh 20 / 23."""
    row = point(proposed(delivered=[arrived(9 + number % 2 * 2) for number in range(20)]))
    assert row["lead_time_days"] == pytest.approx((20 * 10 + 3 * 5) / 23)
    assert row["lead_time_spread_days"] > 1
    assert row["protection_days"] == 10 + 7


def test_nobody_states_a_lead_time() -> None:
    row = point(proposed(terms=[]))
    assert (row["lead_time_days"], row["lead_time_basis"]) == (14, "assumed")
    # Without terms the main supplier delivers at the cost price, in the product's packs.
    assert (row["supplier_id"], row["unit_cost"], row["pack_size"]) == ("V1", 4, 6)


def test_nobody_is_known_to_supply_it() -> None:
    bare = {**PRODUCT, "supplier_id": None, "cost_price": None, "pack_size": None, "currency": None}
    row = point(proposed(terms=[], products=[bare]))
    assert row["supplier_id"] is row["unit_cost"] is row["total_unit_cost"] is row["order_amount"] is None
    assert row["supplier_count"] == 0
    assert row["order_quantity"] > 0


def declined(less: float, supplier: str | None) -> dict[str, Any]:
    return {"store_id": "S1", "product_id": "P1", "supplier_id": supplier, "proposal_id": "RO-1",
            "declined_quantity": less}  # fmt: skip


@pytest.mark.parametrize(
    ("refused", "supplier", "held"),
    [(126, "V1", True), (85, "V1", True), (84, "V1", False), (126, "V2", False)],
)
def test_what_was_rejected_stays_away_until_it_is_another(
    refused: int, supplier: str | None, *, held: bool
) -> None:
    """126 are needed: of a rejected proposal of 84 that is half as much more, and another supplier is another price."""
    found = proposed(
        stock=9,
        classes=[{"product_id": "P1", "abc_class": "A"}],
        declined=[declined(refused, supplier)],
    )
    row = point(found)
    assert row["order_quantity"] == 126, "what is needed is said all the same"
    assert (row["declined_quantity"], row["held_back_by"]) == (refused, "RO-1" if held else None)
    assert found.orders.height == (0 if held else 1)


@pytest.mark.parametrize(("less", "held"), [(85, True), (84, False), (6, False)])
def test_what_was_cut_away_is_not_proposed_again_at_once(less: int, *, held: bool) -> None:
    """126 are needed: that is half as much more than 84, and a small cut holds no new demand back."""
    found = proposed(
        stock=9, classes=[{"product_id": "P1", "abc_class": "A"}], declined=[declined(less, None)]
    )
    row = point(found)
    assert (row["declined_quantity"], row["held_back_by"]) == (less, "RO-1" if held else None)
    assert found.orders["declined_quantity"].to_list() == ([] if held else [less])


def test_of_what_is_not_needed_nothing_is_held_back() -> None:
    assert point(proposed(stock=10_000, declined=[declined(1, "V1")]))["held_back_by"] is None


def test_delisted_products_are_planned_and_not_ordered() -> None:
    found = proposed(products=[{**PRODUCT, "is_active": False}])
    assert (found.points.height, found.orders.height) == (1, 0)


def test_freight_makes_a_low_price_dear() -> None:
    """V2 asks 4.00 and half as much for freight; V1 asks 5.00."""
    terms = [TERM, {**TERM, "supplier_id": "V2", "unit_cost": 4}]
    row = point(proposed(terms=terms))
    assert (row["supplier_id"], row["supplier_count"], row["landed_unit_cost"]) == ("V1", 2, 5)
    assert row["total_unit_cost"] > 5


def test_prices_in_other_currencies_are_not_compared() -> None:
    products = table(
        PRODUCTS,
        PRODUCT,
        {**PRODUCT, "product_id": "P2", "supplier_id": "V2"},
        {**PRODUCT, "product_id": "P3", "supplier_id": "V9"},
        {**PRODUCT, "product_id": "P4", "supplier_id": None},
    )
    offers = [("V1", "P1", "EUR"), ("V2", "P1", "PLN"), ("V1", "P2", "CHF"), ("V2", "P2", "PLN"), ("V1", "P3", "PLN"),
              ("V2", "P3", "CHF")]  # fmt: skip
    terms = table(
        TERMS,
        *({**TERM, "supplier_id": v, "product_id": p, "currency": c, "unit_cost": 1} for v, p, c in offers),
    )
    found = offered(products, terms).select("product_id", "supplier_id", "currency", "supplier_count").rows()
    assert found == [
        ("P1", "V1", "EUR", 1),  # the product's own currency
        ("P2", "V2", "PLN", 1),  # its main supplier's
        ("P3", "V2", "CHF", 1),  # the first in the alphabet
        ("P4", None, "EUR", 0),  # no terms, no supplier
    ]


def test_a_price_of_nothing_is_none() -> None:
    """Who forgot his price is not the cheapest; where nobody told one, nothing is ordered ahead."""
    free = {**TERM, "supplier_id": "V3", "unit_cost": 0, "lead_time_days": 2}
    row = point(proposed(terms=[TERM, free]))
    assert (row["supplier_id"], row["supplier_count"]) == ("V1", 1)
    foreign = {**free, "unit_cost": 3, "currency": "PLN"}
    unpriced = {**TERM, "unit_cost": None}
    assert point(proposed(terms=[unpriced, foreign]))["supplier_id"] == "V3", "some price is better than none"
    for found in (
        proposed(terms=[free]),
        proposed(terms=[], products=[{**PRODUCT, "cost_price": 0}]),
        proposed(terms=[{**TERM, "currency": "PLN"}]),
    ):
        row = point(found)
        assert (row["order_up_to"], found.without_lot) == (row["reorder_point"], 1)
    assert point(proposed(terms=[free]))["unit_cost"] is None
    assert proposed().without_lot == 0


def test_the_best_of_several_classes_counts() -> None:
    """A product may have one in each currency that it sells in."""
    classes = [{"product_id": "P1", "abc_class": kind} for kind in ("B", "A", "C")]
    assert point(proposed(classes=classes))["abc_class"] == "A"
    row = point(proposed())
    assert (row["abc_class"], row["service_level"]) == ("C", 0.9)


def test_overstock_is_sent_before_anything_is_bought() -> None:
    found = propose(
        known({("S1", "P1"): 1, ("S2", "P1"): 4}, {("S1", "P1"): 300, ("S2", "P1"): 2}), POLICY, as_of=NIGHT
    )
    assert found.orders.is_empty()
    row = found.transfers.row(0, named=True)
    assert row["transfer_id"] == "TR-20261120-S1:S2:P1"
    assert (row["origin_on_hand_quantity"], row["destination_position"]) == (300, 2)
    assert row["quantity"] == row["destination_order_up_to"] - 2
    assert row["amount"] == row["quantity"] * 5
    assert row["origin_on_hand_quantity"] - row["quantity"] > row["origin_needed_quantity"]
    assert found.points["transfer_quantity"].to_list() == [0, row["quantity"]]
    assert found.points["transfer_out_quantity"].to_list() == [row["quantity"], 0]


def test_what_is_to_be_sent_is_stock_of_who_waits_and_no_more_of_who_sends() -> None:
    """S1 is to send 200 of its 300 to S2: nothing is proposed anew. Not booked for too long, all is as before."""
    rates, stock = {("S1", "P1"): 1, ("S2", "P1"): 4}, {("S1", "P1"): 300, ("S2", "P1"): 2}
    told = {"product_id": "P1", "origin_store_id": "S1", "destination_store_id": "S2", "quantity": 200}
    found = {}
    for days in (3, 4, 14):
        one = {**told, "placed_on": NIGHT - timedelta(days=days), "is_waited_for": days < 14}
        found[days] = propose(known(rates, stock, to_send=[one]), POLICY, as_of=NIGHT)
    columns = [
        "on_hand_quantity",
        "promised_quantity",
        "in_transit_quantity",
        "due_quantity",
        "stock_position",
    ]
    assert found[4].points.select(columns).rows() == [(300, 200, 0, 0, 100), (2, 0, 200, 200, 202)]
    assert found[4].transfers.is_empty()
    assert found[4].orders.is_empty()
    assert found[14].points.select(columns).rows() == [(300, 0, 0, 0, 300), (2, 0, 200, 0, 2)]
    assert found[14].points["overdue_quantity"].to_list() == [0, 200]
    assert found[14].transfers.height == 1
    findings = {days: nothing_is_ordered_twice(NightProposed(one)) for days, one in found.items()}
    assert [one.passed for one in findings.values()] == [True, False, False]
    assert findings[4].figures["transfers_not_booked"] == 1
    assert "1 transfers were approved more than 3 days ago" in findings[4].advice


def test_a_store_does_not_promise_its_surplus_twice() -> None:
    """All but 20 of S1's are promised to S2: S3 gets none of them."""
    rates, stock = {("S1", "P1"): 0.1, ("S3", "P1"): 4}, {("S1", "P1"): 300, ("S3", "P1"): 2}
    assert propose(known(rates, stock), POLICY, as_of=NIGHT).transfers.height == 1
    told = {"product_id": "P1", "origin_store_id": "S1", "destination_store_id": "S2", "quantity": 295,
            "placed_on": NIGHT, "is_waited_for": True}  # fmt: skip
    found = propose(known(rates, stock, to_send=[told]), POLICY, as_of=NIGHT)
    assert found.transfers.is_empty()
    assert found.orders["store_id"].to_list() == ["S3"]


def test_what_the_sending_store_has_not_is_not_waited_for() -> None:
    """S1 was to send 200 and 30 and has 210 left, or none: what is not there is bought for S2, and told at once."""
    rates = {("S1", "P1"): 1, ("S2", "P1"): 4}
    route = {"product_id": "P1", "origin_store_id": "S1", "destination_store_id": "S2", "is_waited_for": True}
    older = {**route, "quantity": 30, "placed_on": NIGHT - timedelta(days=1)}
    told = [{**route, "quantity": 200, "placed_on": NIGHT}, older]
    stocks: list[float | None] = [230, 210, 0, -5, None]
    found = {
        held: propose(known(rates, {("S1", "P1"): held, ("S2", "P1"): 2}, to_send=told), POLICY, as_of=NIGHT)
        for held in stocks
    }
    columns = ["in_transit_quantity", "due_quantity", "overdue_quantity"]
    of_s2 = [one.points.filter(store_id="S2").select(columns).row(0) for one in found.values()]
    assert of_s2 == [(230, 230, 0), (230, 210, 20), (230, 0, 230), (230, 0, 230), (230, 230, 0)]
    assert [one.not_there for one in found.values()] == [0, 1, 2, 2, 0]
    assert "S2" in found[0].orders["store_id"]
    assert found[210].points.filter(store_id="S1")["promised_quantity"].to_list() == [210]
    finding = nothing_is_ordered_twice(NightProposed(found[0]))
    assert (finding.passed, finding.figures["transfers_not_there"]) == (False, 2)
    assert nothing_is_ordered_twice(NightProposed(found[230])).passed


def test_where_a_transfer_was_rejected_it_is_bought() -> None:
    rates, stock = {("S1", "P1"): 1, ("S2", "P1"): 4}, {("S1", "P1"): 300, ("S2", "P1"): 2}
    found = propose(
        known(rates, stock, kept_apart=[{"store_id": "S2", "product_id": "P1"}]), POLICY, as_of=NIGHT
    )
    assert found.transfers.is_empty()
    assert found.orders.select("store_id", "product_id").rows() == [("S2", "P1")]


def test_rows_in_any_order_come_out_the_same() -> None:
    rates = {(f"S{s}", f"P{p}"): s + p / 3 for s in range(4) for p in range(9)}
    stock = {pair: float(n * 7 % 50) for n, pair in enumerate(rates)}
    products = [{**PRODUCT, "product_id": f"P{p}"} for p in range(9)]
    terms = [{**TERM, "product_id": f"P{p}", "supplier_id": f"V{v}", "unit_cost": 5 + v / 7}
             for p in range(9) for v in (1, 3)]  # fmt: skip
    whole = known(rates, stock, products=products, terms=terms)
    mixed = Known(
        **{name: getattr(whole, name).sample(fraction=1, shuffle=True, seed=3) for name in vars(whole)}
    )
    one, other = (propose(some, POLICY, as_of=NIGHT) for some in (whole, mixed))
    assert one.orders.height > 5
    assert one.points.equals(other.points)
    assert one.transfers.equals(other.transfers)
    assert isinstance(one.orders["order_quantity"][0], Decimal)
