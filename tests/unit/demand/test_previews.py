"""Which series the pictures show."""

import numpy as np
import polars as pl

from retail_assets.demand.previews import worst_foretold, worst_rows
from tests.unit.demand.made_up import demand


def errors(*rows: tuple[str, str, float | None, int, float]) -> pl.DataFrame:
    texts, numbers = ("store_id", "product_id"), ("scale", "days", "absolute_error")
    schema = dict.fromkeys(texts, pl.String) | dict.fromkeys(numbers, pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_the_worst_are_those_that_past_origins_missed_most_by_scale() -> None:
    """Of two origins of P1 each error counts by its own scale. What is not foretold now, or was for few days, is not
    shown."""
    found = worst_foretold(
        errors(
            ("S1", "P0", 1.0, 28, 28.0), ("S2", "P0", 10.0, 28, 56.0), ("S1", "P1", 2.0, 7, 28.0),
            ("S1", "P1", 1.0, 7, 7.0), ("S1", "gone", 1.0, 28, 999.0), ("S1", "P2", 1.0, 6, 999.0),
            ("S2", "P2", None, 28, 999.0), ("S2", "P1", 0.0, 28, 999.0),
        ),
        demand().pairs,
    )  # fmt: skip
    assert found == ["S1 / P1", "S1 / P0", "S2 / P0"]
    assert worst_foretold(errors().clear(), demand().pairs) == []


def test_what_had_not_sold_before_the_origin_was_not_foretold_badly() -> None:
    before = np.array([[1.0, 2], [np.nan, np.nan], [0, 0], [3, np.nan], [1, 1]])
    actual = np.array([[3.0, 3], [9, 9], [9, 9], [5, np.nan], [0.1, 0]])
    assert worst_rows(before, actual, np.zeros((5, 2)) + 1.5) == [3, 0]
