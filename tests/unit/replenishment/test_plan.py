"""The whole plan: what must hold of any, and the situations that it is for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from ml.replenishment import plan as planning
from ml.replenishment.demand import daily_forecast
from ml.replenishment.plan import NEVER, Incoming, Items, Offers, Plan, plan
from ml.replenishment.shapes import LEVELS
from tests.rules import rules

RULES = rules(review_days=7, order_cost=5, keep_days=30)
NOTHING = Incoming(np.zeros(0, int), np.zeros(0, int), np.zeros(0, int), np.zeros(0))


def items(rates: list[float], on_hand: list[float], product: list[int] | None = None, **more: list) -> Items:
    """Poisson-like demand at these rates per day."""
    means = np.tile(np.array(rates, float)[:, None], 28)
    quantiles = means[..., None] + ndtri(LEVELS) * np.sqrt(means)[..., None]
    count = len(rates)
    return Items(
        forecast=daily_forecast(means, quantiles, correlation=0),
        product=np.array(product or range(count)),
        on_hand=np.array(on_hand, float),
        orderable=np.array(more.get("orderable", [True] * count)),
        receives=np.array(more.get("receives", [True] * count)),
        service=np.array(more.get("service", [0.95] * count)),
        shortage_cost=np.array(more.get("shortage_cost", [10.0] * count)),
    )


def offers(*rows: tuple[int, float, float, float, float, float]) -> Offers:
    """Item, lead days and spread, cost, minimum, pack."""
    columns = [np.array(column, float) for column in zip(*rows, strict=True)]
    return Offers(columns[0].astype(int), *columns[1:], costed=np.ones(len(rows), bool))


def incoming(*rows: tuple[int, int, float]) -> Incoming:
    item, due, units = (np.array(column) for column in zip(*rows, strict=True))
    return Incoming(item, due, due, units.astype(float))


def alike(count: int) -> Offers:
    return offers(*[(row, 5, 1, 8, 0, 6) for row in range(count)])


def test_what_suffices_is_not_ordered_and_what_does_not_is_filled_up() -> None:
    found = plan(items([4, 4], [300, 10]), alike(2), NOTHING, RULES)
    assert found.quantity[0] == 0
    level = found.levels.order_up_to[1]
    assert level - 10 <= found.quantity[1] < level - 10 + 6
    assert found.quantity[1] % 6 == 0
    assert found.stockout_day.tolist() == [76, 3]
    assert found.stockout_chance[0] < 0.001
    assert found.stockout_chance[1] > 0.999


def test_only_what_is_due_within_the_lead_time_counts() -> None:
    """5 days: what is due then counts, what is due a day later does not."""
    found = plan(items([4, 4], [0, 0]), alike(2), incoming((0, 5, 200), (1, 6, 200)), RULES)
    assert found.due.tolist() == [200, 0]
    assert found.quantity[0] == 0
    assert found.quantity[1] > 0
    assert found.stockout_day.tolist() == [1, 1]


def test_the_books_say_less_than_nothing_is_there() -> None:
    below, none = (plan(items([4], [stock]), alike(1), NOTHING, RULES) for stock in (-9, 0))
    assert below.quantity == none.quantity


def test_delisted_products_are_not_ordered() -> None:
    found = plan(items([4], [0], orderable=[False]), alike(1), NOTHING, RULES)
    assert found.quantity.tolist() == [0]


def test_nothing_sells() -> None:
    found = plan(items([0], [0]), alike(1), NOTHING, RULES)
    assert (found.quantity.tolist(), found.stockout_day.tolist()) == ([0], [NEVER])


def test_what_a_store_does_not_want_from_others_is_bought() -> None:
    """A third store gets from the overstock all the same."""
    some = items([1, 4, 4], [300, 0, 0], product=[7, 7, 7], receives=[True, False, True])
    found = plan(some, alike(3), NOTHING, RULES)
    assert found.transfers.destination.tolist() == [2]
    assert (found.quantity > 0).tolist() == [False, True, False]


def test_overstock_covers_a_gap_before_anything_is_bought() -> None:
    """A store has 300 at 1 a day, another none at 4 a day: everything that it needs comes from there."""
    found = plan(items([1, 4], [300, 0], product=[7, 7]), alike(2), NOTHING, RULES)
    assert found.transfers.origin.tolist() == [0]
    assert found.transfers.destination.tolist() == [1]
    assert found.transfers.units.tolist() == [found.levels.order_up_to[1]]
    assert found.quantity.tolist() == [0, 0]


def test_what_transfers_leave_open_is_bought() -> None:
    """60 units are spare at most: 100 less what the store keeps itself."""
    found = plan(items([1, 4], [100, 0], product=[7, 7]), alike(2), NOTHING, RULES)
    sent = found.sent[0]
    assert 0 < sent < 70
    assert found.quantity[1] >= found.levels.order_up_to[1] - sent
    assert found.quantity[1] < found.levels.order_up_to[1] - sent + 6


def test_small_transfers_do_not_pay() -> None:
    dear = replace(RULES, handling_cost=8 * 500)
    found = plan(items([1, 4], [300, 0], product=[7, 7]), alike(2), NOTHING, dear)
    assert len(found.transfers.units) == 0
    assert found.quantity[1] > 0


def test_the_cheaper_supplier_delivers_what_can_wait() -> None:
    """8.00 after 20 days or 9.00 after 3: with stock for a month the first, with an empty shelf the second."""
    choice = offers((0, 20, 1, 8, 0, 6), (0, 3, 1, 9, 0, 6))
    assert plan(items([4], [100]), choice, NOTHING, RULES).offer.tolist() == [0]
    assert plan(items([4], [0]), choice, NOTHING, RULES).offer.tolist() == [1]


def test_a_low_price_for_far_too_many_is_none() -> None:
    """8.00 each from 5,000 on, which last for years, or 9.00 from 6 on."""
    choice = offers((0, 5, 1, 8, 5000, 6), (0, 5, 1, 9, 6, 6))
    assert plan(items([1], [0]), choice, NOTHING, RULES).offer.tolist() == [1]
    assert plan(items([500], [0]), choice, NOTHING, RULES).offer.tolist() == [0]


def test_the_supplier_is_chosen_for_the_final_quantity() -> None:
    """The need of more than 60 meets a minimum of 60 at 8.00; what a transfer of 40 leaves is better bought at 8.01."""
    choice = offers((0, 5, 0, 50, 0, 1), (1, 5, 0, 8, 60, 1), (1, 5, 0, 8.01, 0, 1))
    plain = replace(RULES, order_cost=0)
    alone = plan(items([0, 4], [0, 0], product=[7, 7]), choice, NOTHING, plain)
    helped = plan(items([0, 4], [40, 0], product=[7, 7]), choice, NOTHING, plain)
    assert alone.offer[1] == 1
    assert alone.quantity[1] >= 60
    assert helped.received[1] == 40
    assert helped.offer[1] == 2
    assert helped.quantity[1] == alone.quantity[1] - 40


def test_without_costs_to_compare_it_is_ordered_up_to_the_reorder_point() -> None:
    """In another currency than the rules', or at an unknown price: no economic quantity, no transfer is too dear."""
    some, dear = items([1, 4], [300, 0], product=[7, 7]), replace(RULES, handling_cost=8 * 500)
    usual = plan(some, alike(2), NOTHING, dear)
    assert (usual.levels.order_up_to > usual.levels.reorder_point).all()
    for change in ({"costed": np.zeros(2, bool)}, {"unit_cost": np.zeros(2)}):
        found = plan(some, replace(alike(2), **change), NOTHING, dear)
        np.testing.assert_array_equal(found.levels.order_up_to, found.levels.reorder_point)
        assert found.transfers.units.tolist() == [found.levels.order_up_to[1]]


def test_the_cost_of_an_order_in_another_currency_chooses_no_supplier() -> None:
    """A line costs 900: twelve of a pack at 8.00 would be worth more than six at 7.99, were it the same money."""
    choice = offers((0, 5, 0, 8, 0, 60), (0, 5, 0, 7.99, 0, 1))
    costly = replace(RULES, order_cost=900, most_days=1)
    assert plan(items([4], [60]), choice, NOTHING, costly).offer.tolist() == [0]
    foreign = replace(choice, costed=np.zeros(2, bool))
    assert plan(items([4], [60]), foreign, NOTHING, costly).offer.tolist() == [1]


def test_every_item_needs_an_offer() -> None:
    with pytest.raises(ValueError, match="needs an offer"):
        plan(items([1, 1], [0, 0]), alike(1), NOTHING, RULES)


def random(seed: int, count: int = 30) -> tuple[Items, Offers, Incoming]:
    rng = np.random.default_rng(seed)
    some = items(
        rng.exponential(2, count).round(1).tolist(),
        rng.choice([0, 0, 5, 20, 400], count).tolist(),
        rng.integers(0, 8, count).tolist(),
        orderable=(rng.random(count) < 0.9).tolist(),
        service=rng.choice([0.9, 0.95, 0.98], count).tolist(),
    )
    owners = np.append(np.arange(count), rng.integers(0, count, 10))
    size = len(owners)
    given = Offers(
        owners,
        rng.integers(1, 40, size).astype(float),
        rng.uniform(0, 5, size),
        rng.uniform(1, 20, size),
        rng.choice([0, 10, 48], size).astype(float),
        rng.choice([1, 6, 12], size).astype(float),
        rng.random(size) < 0.8,
    )
    due = rng.integers(0, 60, 15)
    coming = Incoming(rng.integers(0, count, 15), due, due + 3, rng.integers(1, 40, 15) * 1.0)
    return some, given, coming


SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=40)
@given(SEEDS)
def test_whatever_is_planned(seed: int) -> None:
    some, given, coming = random(seed)
    found = plan(some, given, coming, RULES)
    pack, minimum = given.pack[found.offer], given.minimum[found.offer]
    assert (given.item[found.offer] == np.arange(len(some.product))).all()
    assert (found.quantity >= 0).all()
    assert (found.quantity % pack == 0).all()
    assert ((found.quantity == 0) | (found.quantity >= minimum)).all()
    assert (found.quantity[~some.orderable] == 0).all()
    assert (found.received[~some.orderable] == 0).all()
    assert found.sent.sum() == found.received.sum()
    assert ((found.stockout_chance >= 0) & (found.stockout_chance <= 1)).all()
    # Who gives still has all that he needs, and does not buy.
    gives = found.sent > 0
    assert (some.on_hand - found.sent >= found.levels.order_up_to)[gives].all()
    assert (found.quantity[gives] == 0).all()
    # What is there, comes and is bought reaches the level, or suffices.
    there = found.position + found.received + found.quantity
    assert (there >= np.where(found.quantity > 0, found.levels.order_up_to, 0)).all()
    assert (there >= found.levels.reorder_point)[some.orderable].all()


@settings(deadline=None, max_examples=25)
@given(SEEDS, st.integers(1, 60))
def test_more_stock_never_orders_more(seed: int, more: int) -> None:
    """With the same supplier: a fuller shelf can wait for a cheaper one, who may have larger packs."""
    some, given, coming = random(seed)
    alone = Offers(*(getattr(given, name)[: len(some.product)] for name in given.__dataclass_fields__))
    apart = replace(some, product=np.arange(len(some.product)))
    before = plan(apart, alone, coming, RULES)
    after = plan(replace(apart, on_hand=np.maximum(apart.on_hand, 0) + more), alone, coming, RULES)
    assert (after.quantity <= before.quantity).all()


def test_parts_of_the_whole_come_out_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    some, given, coming = random(3, count=50)
    whole = plan(some, given, coming, RULES)
    monkeypatch.setattr(planning, "AT_ONCE", 7)
    parts = plan(some, given, coming, RULES)
    for name in Plan.__dataclass_fields__:
        if name not in ("levels", "transfers"):
            np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name), err_msg=name)
    np.testing.assert_array_equal(whole.transfers.units, parts.transfers.units)


def test_of_nothing_comes_nothing() -> None:
    none = np.zeros(0)
    empty = Items(
        daily_forecast(np.zeros((0, 28)), np.zeros((0, 28, 4)), correlation=0),
        none.astype(int),
        none,
        none.astype(bool),
        none.astype(bool),
        none,
        none,
    )
    found = plan(
        empty, Offers(none.astype(int), none, none, none, none, none, none.astype(bool)), NOTHING, RULES
    )
    assert len(found.quantity) == len(found.transfers.units) == 0
