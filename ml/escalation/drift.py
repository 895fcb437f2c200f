"""Whether cases still look like those that a model learned from, by the population stability index.

Bins are tenths of the training cases, or the most frequent values of a category; what is missing is a bin of its own.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from ml.stability import stability_index

TENTHS = 10
MOST_VALUES = 20
NEWEST = 500
"""Rows of the training that are compared with; a third, where that is more."""
SCORE = "score"


def reference(table: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Column -> its bins and the share of rows in each, as JSON can hold it, of the features and scores of training.

    Of its newest rows, which come last: what counts earlier cases is small at the beginning of any history.
    """
    table = table.tail(max(NEWEST, len(table) // 3))
    found = {}
    for name in table.columns:
        bins = _bins(table[name])
        found[name] = {"bins": bins, "shares": _shares(table[name], bins).tolist()}
    return found


def drift(then: Mapping[str, Mapping[str, Any]], now: pl.DataFrame) -> pl.DataFrame:
    """`name` and `psi` of each column of the reference that the table has, the largest first; nothing of no rows."""
    names = [name for name in then if name in now.columns and len(now)]
    found = [stability_index(then[name]["shares"], _shares(now[name], then[name]["bins"])) for name in names]
    return pl.DataFrame({"name": names, "psi": found}, {"name": pl.String, "psi": pl.Float64}).sort(
        "psi", "name", descending=[True, False]
    )


def base_rate_index(then: float, now: float) -> float:
    """The PSI of the share of escalations."""
    return stability_index([then, 1 - then], [now, 1 - now])


def _bins(values: pl.Series) -> list[Any]:
    """Inner bounds of numbers, the last value of each bin included; or the values of a category."""
    if values.dtype == pl.String:
        return (
            values.drop_nulls()
            .value_counts(sort=True)
            .sort("count", values.name, descending=[True, False])[values.name][:MOST_VALUES]
            .to_list()
        )
    known = values.cast(pl.Float64).drop_nulls().to_numpy()
    inner = np.arange(1, TENTHS) / TENTHS
    return np.unique(np.quantile(known, inner, method="higher")).tolist() if len(known) else []


def _shares(values: pl.Series, bins: list[Any]) -> np.ndarray:
    """float64 [bins + 2]: the share of rows in each bin, in none of them (or beyond), and missing."""
    missing = values.is_null().to_numpy()
    if values.dtype == pl.String:
        place = {value: number for number, value in enumerate(bins)}
        number = values.replace_strict(place, default=len(bins), return_dtype=pl.Int64).to_numpy()
    else:
        number = np.searchsorted(bins, values.cast(pl.Float64).fill_null(0).to_numpy())
    number = np.where(missing, len(bins) + 1, number)
    return np.bincount(number, minlength=len(bins) + 2) / max(len(values), 1)
