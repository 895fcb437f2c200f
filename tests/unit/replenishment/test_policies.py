"""Published worked examples, as their books print them.

Snyder & Shen, Fundamentals of Supply Chain Theory, 2nd edition (2019); the digits behind those in print are those of
`stockpyl`, the authors' own code, in its tests.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.replenishment.policies import (
    economic_order_quantity,
    newsvendor,
    newsvendor_cost,
    normal_loss,
    power_approximation,
    reorder_point_and_quantity,
)


def test_newsvendor() -> None:
    level = newsvendor(2, 18, 120, 10)
    assert level == pytest.approx(132.8155, abs=1e-4)
    assert newsvendor_cost(level, 2, 18, 120, 10) == pytest.approx(35.0997, abs=1e-4)


def test_newsvendor_of_example_4_3() -> None:
    level = newsvendor(0.18, 0.70, 50, 8)
    assert level == pytest.approx(56.6040, abs=1e-4)
    assert newsvendor_cost(level, 0.18, 0.70, 50, 8) == pytest.approx(1.9976, abs=1e-4)


def test_order_quantity_of_example_3_1() -> None:
    assert economic_order_quantity(8, 0.225, 1300) == pytest.approx(304.0468, abs=1e-4)


def test_r_q_of_example_5_5() -> None:
    point, quantity = reorder_point_and_quantity(8, 0.225, 7.5, 1300, 150, 1 / 12)
    assert (point, quantity) == (pytest.approx(190.3370, abs=1e-4), pytest.approx(304.0468, abs=1e-4))


def test_s_s_of_example_4_8() -> None:
    point, level = power_approximation(2.5, 0.18, 0.70, 50, 8)
    assert (point, level) == (pytest.approx(40.1946, abs=1e-4), pytest.approx(74.2902, abs=1e-4))


def test_s_s_of_problem_4_32() -> None:
    point, level = power_approximation(60, 2, 36, 190, 48)
    assert (point, level) == (pytest.approx(226.6138, abs=1e-4), pytest.approx(324.3798, abs=1e-4))


def test_whole_columns_at_once() -> None:
    levels = newsvendor([2, 0.18], [18, 0.70], [120, 50], [10, 8])
    np.testing.assert_allclose(levels, [132.8155, 56.6040], atol=1e-4)


def test_nothing_sells_and_nothing_costs() -> None:
    np.testing.assert_array_equal(economic_order_quantity(5, [1, 0, 0], [0, 0, 3]), [0, 0, np.inf])
    np.testing.assert_array_equal(normal_loss([3, 5], 4, 0), [1, 0])


@given(st.floats(-50, 50), st.floats(0, 50), st.floats(0, 20))
def test_loss_is_what_sampling_finds_it_to_be(level: float, mean: float, spread: float) -> None:
    """E[(D - l)+] - E[(l - D)+] = E[D] - l, and neither is negative."""
    over = normal_loss(level, mean, spread)
    under = normal_loss(-level, -mean, spread)
    assert over >= -1e-9
    assert over - under == pytest.approx(mean - level, abs=1e-6)
