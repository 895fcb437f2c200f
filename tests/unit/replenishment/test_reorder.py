"""Levels and quantities by hand, and what must hold of any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from ml.replenishment.demand import daily_forecast
from ml.replenishment.reorder import due_within, levels, order_quantity
from ml.replenishment.shapes import LEVELS, normal_shape
from ml.replenishment.suppliers import cheapest, cost_per_unit
from tests.rules import rules

UNITS = st.integers(-50, 500).map(float)


def one(value: float) -> np.ndarray:
    return np.array([float(value)])


def test_levels_by_hand() -> None:
    """100 a day with spread 20, lead time 8.4 -> 9 days +- 2, review of 7: 16 days.

    Demand 1600; its spread 20 * 4 = 80, with the lead time's 100 * 2 = 200: sqrt(80 ** 2 + 200 ** 2) = 215.4. At 97.5%
    (z = 1.96) the safety stock is 422. An order of 12 a line at 25% of 36.5 a year (0.025 a day): EOQ 309.8.
    """
    means = np.full((1, 28), 100.0)
    forecast = daily_forecast(means, means[..., None] + ndtri(LEVELS) * 20, correlation=0)
    found = levels(
        forecast,
        np.zeros(1, int),
        lead_days=one(8.4),
        lead_spread=one(2),
        lead_shape=normal_shape(),
        service=one(0.975),
        unit_cost=one(36.5),
        rules=rules(review_days=7, holding_share=0.25, order_cost=12),
    )
    assert (found.lead[0], found.days[0], found.demand[0], found.rate[0]) == (9, 16, 1600, 100)
    # The third moment of a Poisson demand skews it a little.
    assert found.safety_stock[0] == pytest.approx(1.96 * np.hypot(80, 200), rel=0.01)
    assert found.reorder_point[0] == np.ceil(1600 + found.safety_stock[0] - 0.5)
    assert found.order_up_to[0] - found.reorder_point[0] == 310


def test_an_order_lasts_no_longer_than_it_may() -> None:
    """Nor any longer than the forecast goes, here a week; what its cost is nobody knows is not ordered ahead."""
    means = np.full((1, 7), 2.0)
    forecast = daily_forecast(means, means[..., None] + ndtri(LEVELS), correlation=0)
    for most_days, cost, ordered in ((60, 0.01, 14), (5, 0.01, 10), (60, 0, 0)):
        found = levels(
            forecast,
            np.zeros(1, int),
            lead_days=one(3),
            lead_spread=one(0),
            lead_shape=normal_shape(),
            service=one(0.9),
            unit_cost=one(cost),
            rules=rules(order_cost=5, most_days=most_days),
        )
        assert found.order_up_to[0] - found.reorder_point[0] == ordered


@pytest.mark.parametrize("service", [0.4, 1, np.nan])
def test_a_service_level_that_is_none(service: float) -> None:
    means = np.ones((1, 7))
    forecast = daily_forecast(means, np.ones((1, 7, 4)), correlation=0)
    with pytest.raises(ValueError, match="A service level is a probability"):
        levels(
            forecast,
            np.zeros(1, int),
            lead_days=one(3),
            lead_spread=one(0),
            lead_shape=normal_shape(),
            service=one(service),
            unit_cost=one(1),
            rules=rules(),
        )


@pytest.mark.parametrize(
    ("position", "minimum", "pack", "ordered"),
    [
        (10, 0, 1, 0),
        (9, 0, 1, 11),
        (9, 0, 6, 12),
        (9, 20, 6, 24),
        (9, 24, 6, 24),
        (-3, 0, 1, 23),
        (8, 0, 0.25, 12),
    ],
)
def test_quantities_by_hand(position: float, minimum: float, pack: float, ordered: float) -> None:
    """Ten suffice; fewer are filled up to 20."""
    assert order_quantity(one(position), one(10), one(20), one(minimum), one(pack)) == ordered


@given(UNITS, UNITS, st.integers(0, 90), st.integers(0, 60), st.sampled_from([0.5, 1, 6, 12, 50]))
def test_quantities(position: float, point: float, more: int, minimum: int, pack: float) -> None:
    ordered = order_quantity(one(position), one(point), one(point + more), one(minimum), one(pack))[0]
    assert ordered >= 0
    assert ordered % pack == 0
    assert (ordered > 0) <= (position < point)
    if position < point:
        assert ordered >= max(minimum, point + more - position)
        assert ordered < max(minimum, point + more - position) + pack
    with_more = order_quantity(one(position + 7), one(point), one(point + more), one(minimum), one(pack))[0]
    assert with_more <= ordered


def test_what_is_due() -> None:
    """Row 0 gets 5 today, 7 in three days and 9 in four; row 2 gets 1 in a year."""
    rows, due, units = np.array([2, 0, 0, 0]), np.array([365, 4, 0, 3]), np.array([1.0, 9, 5, 7])
    asked, days = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 3, 400, 9, 364, 365])
    np.testing.assert_array_equal(due_within(rows, due, units, asked, days), [5, 12, 21, 0, 0, 1])
    nothing = np.zeros(0)
    np.testing.assert_array_equal(
        due_within(nothing.astype(int), nothing.astype(int), nothing, asked, days), np.zeros(6)
    )


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(0, 50)), max_size=20),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), min_size=1, max_size=10),
)
def test_due_as_one_by_one(deliveries: list, questions: list) -> None:
    rows, due, units = (np.array([d[n] for d in deliveries], dtype=int) for n in range(3))
    asked, days = (np.array([q[n] for q in questions]) for n in range(2))
    expected = [sum(u for r, d, u in deliveries if r == row and d <= day) for row, day in questions]
    np.testing.assert_array_equal(due_within(rows, due, units.astype(float), asked, days), expected)


def test_cost_by_hand() -> None:
    """10 landed; 20 per line of 40 units: 0.50; (15 + 40 / 2) units at 2 a day lie 17.5 days at 0.01: 0.175; 4 units
    short at 5 each on 40: 0.50."""
    found = cost_per_unit(
        unit_cost=one(10),
        quantity=one(40),
        safety_stock=one(15),
        rate=one(2),
        stock_until=one(6),
        demand_until=one(10),
        spread_until=one(0),
        shortage_cost=one(5),
        holding_share=0.365,
        order_cost=20,
    )
    assert found == pytest.approx(11.175)


def test_the_cheapest_offer_of_each() -> None:
    rows, cost = np.array([3, 1, 1, 3, 0, 3]), np.array([5.0, 2, 2, 4, 9, 4])
    np.testing.assert_array_equal(cheapest(rows, cost, 5), [4, 1, -1, 3, -1])
    np.testing.assert_array_equal(cheapest(np.zeros(0, int), np.zeros(0), 2), [-1, -1])
