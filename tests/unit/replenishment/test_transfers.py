"""Transfers: nobody gives what he needs or gets more than he lacks, and the most valuable gap comes first."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.replenishment.transfers import Transfers, transfers

STORES = st.lists(
    st.tuples(st.integers(0, 4), st.integers(-20, 20), st.integers(0, 3)), min_size=1, max_size=40
)
"""Product, surplus (negative: gap), value of the gap."""


def one_by_one(product: np.ndarray, surplus: np.ndarray, gap: np.ndarray, value: np.ndarray) -> dict:
    """The same in a loop over gaps and surpluses."""
    found, left = {}, surplus.copy()
    givers = sorted(range(len(product)), key=lambda row: (-surplus[row], row))
    for lacking in sorted(range(len(product)), key=lambda row: (-value[row], row)):
        need = gap[lacking]
        for giver in givers:
            if product[giver] == product[lacking] and (units := min(need, left[giver])) > 0:
                found[giver, lacking] = units
                left[giver] -= units
                need -= units
    return found


def columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    product, units, value = (np.array(column) for column in zip(*rows, strict=True))
    return product, np.maximum(units, 0.0), np.maximum(-units, 0.0), value


def pairs(found: Transfers) -> dict:
    return dict(zip(zip(found.origin, found.destination, strict=True), found.units, strict=True))


def test_by_hand() -> None:
    """10 spare in row 0 and 4 in row 1; row 3 is worth more than row 2. The other product has nothing to give."""
    product = np.array([7, 7, 7, 7, 8, 8])
    surplus = np.array([10.0, 4, 0, 0, 0, 0])
    gap = np.array([0.0, 0, 5, 8, 3, 0])
    found = transfers(product, surplus, gap, np.array([0, 0, 1, 2, 9, 0]))
    assert pairs(found) == {(0, 3): 8, (0, 2): 2, (1, 2): 3}
    np.testing.assert_array_equal(found.sent(6), [10, 3, 0, 0, 0, 0])
    np.testing.assert_array_equal(found.received(6), [0, 0, 5, 8, 0, 0])


@settings(deadline=None, max_examples=300)
@given(STORES)
def test_as_one_by_one(rows: list[tuple[int, int, int]]) -> None:
    product, surplus, gap, value = columns(rows)
    found = transfers(product, surplus, gap, value)
    assert pairs(found) == one_by_one(product, surplus, gap, value)


@settings(deadline=None)
@given(STORES, st.floats(0, 0.9), st.integers(1, 6))
def test_units_are_conserved_and_no_gap_comes_of_it(
    rows: list[tuple[int, int, int]], part: float, least: int
) -> None:
    product, surplus, gap, value = columns(rows)
    surplus, gap = surplus + part * (surplus > 0), gap - part * (gap > 0)
    found = transfers(product, surplus, gap, value, least=least)
    sent, received = found.sent(len(product)), found.received(len(product))
    assert sent.sum() == received.sum()
    assert (sent <= surplus).all()
    assert (received <= np.ceil(gap)).all()
    assert (product[found.origin] == product[found.destination]).all()
    assert (found.units >= least).all()
    assert (found.units == np.floor(found.units)).all()
    assert len(pairs(found)) == len(found.units)


def test_nothing_to_give_or_to_cover() -> None:
    for empty in (np.zeros(0), np.zeros(3)):
        found = transfers(np.zeros(len(empty), int), empty, empty, empty)
        assert len(found.units) == 0
