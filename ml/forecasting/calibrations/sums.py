"""Sums of series (all of them, those of a store, of a category), with intervals of their own.

A sum is the sum of what is expected of its series: means add up, medians do not. Its interval does not follow from
theirs. Errors of series go together in part, as when a whole store has a bad week: as if they were independent it
would be too narrow, and as the sum of their ends too wide. It is learnt as theirs are, from the errors that the sum
itself had in the backtest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ml.forecasting.calibrations.intervals import (
    Quantiles,
    bounds,
    factors,
    quantiles,
)
from ml.forecasting.panels.days import YEAR
from ml.forecasting.series.history import History
from ml.forecasting.series.scale import Units, level_and_spread

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from ml.forecasting.backtests.answering import Answers
    from ml.forecasting.backtests.backtest import Backtest

TOTAL = "total"
EXACT = 1_000_000
"""Sums are of millionths of a unit, in whole numbers, so that they add up to the last digit."""

Labels = Mapping[str, np.ndarray]
"""Level (store, category) -> `[S]` which of its sums a series belongs to; the total needs none."""


@dataclass(frozen=True)
class Sums:
    """Which series belong to which sum."""

    levels: np.ndarray
    """`[N]` `total`, then `store`, `store`, …"""
    values: np.ndarray
    """`[N]` the store, say; of the total nothing."""
    members: "csr_array"
    """`[N, S]` 1 where a series belongs to a sum."""

    @property
    def names(self) -> np.ndarray:
        """`[N]`: `total`, `store=S1`, …"""
        pairs = zip(self.levels.tolist(), self.values.tolist(), strict=True)
        return np.array([f"{level}={value}" if level != TOTAL else TOTAL for level, value in pairs])


@dataclass(frozen=True)
class SumErrors:
    """What a backtest taught of sums; with nothing in it, that it taught nothing."""

    quantiles: Quantiles = field(default_factory=dict)
    """Level -> quantiles of the scaled errors of its sums."""
    factors: Mapping[str, float] = field(default_factory=dict)
    """Name of a sum -> how much larger its errors were than its unit says."""


def sums_by(labels: Labels, series: int) -> Sums:
    """The total of so many series, then those of each level."""
    from scipy.sparse import csr_array

    levels, values = [TOTAL], [""]
    rows, first = [np.zeros(series, dtype=int)], 1
    for level, of in labels.items():
        found, place = np.unique(of, return_inverse=True)
        levels += [level] * len(found)
        values += found.tolist()
        rows.append(first + place)
        first += len(found)
    belongs = np.concatenate(rows), np.tile(np.arange(series), len(rows))
    members = csr_array((np.ones(len(belongs[0])), belongs), shape=(first, series))
    return Sums(np.array(levels), np.array(values), members)


def sum_errors(tested: "Backtest", foretold: np.ndarray, labels: Labels) -> SumErrors:
    """What sums of `foretold` `[W, S, H]`, what was expected in each window by what the others taught, missed.

    Series that did not sell before an origin are none of its sums, and days of which nothing is known of no account.
    """
    sums = sums_by(labels, foretold.shape[1])
    plain = []
    for one, happened, told in zip(tested.answers, tested.judged, foretold, strict=True):
        listed = (~np.isnan(one.history.demand)).any(axis=1, keepdims=True)
        known = ~np.isnan(happened) & listed
        missed = sums.members @ np.where(known, happened - told, 0.0)
        seen = sums.members @ known.astype(float) > 0
        unit = units_of_sums(one.history, sums).of(sums.members @ np.where(listed, told, 0.0))
        plain.append(np.where(seen, missed / unit, np.nan))
    scaled = np.stack(plain)
    factor = factors(scaled)
    kinds = np.tile(sums.levels, (len(scaled), 1))
    return SumErrors(
        quantiles(scaled / factor[None, :, None], kinds),
        {str(name): round(float(of), 4) for name, of in zip(sums.names, factor, strict=True)},
    )


def units_of_sums(history: History, sums: Sums) -> Units:
    """How uncertain sums are, by their own last year; an unknown day of a series counts with its mean."""
    first = max(history.days - YEAR, 0)
    demand, shut = history.demand[:, first:], history.shut[:, first : history.days]
    known = ~np.isnan(demand)
    mean = np.where(known, demand, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    began = (np.cumsum(known, axis=1) > 0) & ~shut
    filled = np.where(known, demand, np.where(began, mean[:, None], 0.0))
    seen = sums.members @ known.astype(float) > 0
    return level_and_spread(np.where(seen, sums.members @ filled, np.nan))


def sum_table(
    answers: "Answers",
    expected: np.ndarray,
    errors: SumErrors,
    labels: Labels,
    *,
    levels: Sequence[float],
) -> pl.DataFrame:
    """`level, value, date, series, expected, lo_80, hi_80, …` of each sum and day, the total first.

    `expected` `[S, H]` is what series are expected to sell; rounded to millionths it adds up exactly.
    """
    history, sums = answers.history, sums_by(labels, len(expected))
    whole = sums.members @ np.rint(expected * EXACT)  # whole numbers far below 2^53: exact
    mean = whole / EXACT
    open_ = ~np.broadcast_to(history.shut[:, history.days :], expected.shape)
    shut = sums.members @ open_.astype(float) == 0
    factor = np.array([errors.factors.get(str(name), 1.0) for name in sums.names])
    unit = units_of_sums(history, sums).of(mean, factor)
    horizon = expected.shape[1]
    dates = pl.Series(np.tile(history.panel.dates(history.days, history.days + horizon), len(mean)))
    columns = {
        "level": np.repeat(sums.levels, horizon),
        "value": np.repeat(sums.values, horizon),
        "date": dates.cast(pl.Date),
        "series": np.repeat(sums.members.sum(axis=1).astype(int), horizon),
        "expected": mean.ravel(),
    }
    for level in levels:
        low, high = bounds(mean, unit, sums.levels, errors.quantiles, level)
        columns[f"lo_{level:g}"] = np.where(shut, 0.0, low).ravel()
        columns[f"hi_{level:g}"] = np.where(shut, 0.0, high).ravel()
    return pl.DataFrame(columns).with_columns(pl.selectors.float().round(6))
