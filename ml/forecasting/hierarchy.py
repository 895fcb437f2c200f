"""Sums that add up: the forecasts of series, of stores and products, and of everything agree with each other.

Every sum is forecast for itself, by the same members, and then all forecasts are moved as little as makes them agree:
minimum trace reconciliation (Wickramasuriya, Athanasopoulos and Hyndman 2019, "Optimal forecast reconciliation for
hierarchical and grouped time series through trace minimization"), with weights by the number of series in a sum.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from ml.errors import ExplainedError
from ml.fan_out import FanOut
from ml.forecasting.calibrations.ensemble import ENSEMBLE
from ml.forecasting.calibrations.sums import Sums, sums_by
from ml.forecasting.forecast import LEVELS, Forecast, forecast
from ml.forecasting.members.base import Setting
from ml.forecasting.members.registry import BASELINES
from ml.forecasting.panels.panel import Panel
from ml.forecasting.series.segments import EMPTY

MOST_SERIES = 3_000
"""With more, the sums are those of the series: what large sums tell of so many is little, and its cost is not."""
MEMBERS = (*BASELINES, "theta", "harmonic")


class NoSuchAttribute(ExplainedError):
    """The panel has no such column of texts."""


class NameTaken(ExplainedError):
    """A series has the name of a sum, or two sums have one name."""


def sums_of(panel: Panel, attributes: Sequence[str]) -> Sums:
    """The total and the sums by some attributes. Raises NoSuchAttribute, or NameTaken."""
    for attribute in attributes:
        if attribute not in panel.static:
            known = ", ".join(panel.static) or "none"
            raise NoSuchAttribute(
                f"The panel has no column of texts {attribute!r}; those that it has: {known}"
            )
    sums = sums_by({attribute: panel.static[attribute] for attribute in attributes}, len(panel.series))
    names, count = np.unique([*sums.names.tolist(), *panel.series.tolist()], return_counts=True)
    if (count > 1).any():
        raise NameTaken(
            f"Two of the series and sums would be called {names[count > 1][0]!r}; give the series another name"
        )
    return sums


def summed(panel: Panel, sums: Sums) -> Panel:
    """The panel of the sums; a day that is not known in a series counts with the mean of its known days."""
    known = ~np.isnan(panel.demand)
    mean = np.where(known, panel.demand, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    began = np.cumsum(known, axis=1) > 0
    filled = np.where(known, panel.demand, np.where(began, mean[:, None], 0.0))
    return Panel(
        series=sums.names,
        first_day=panel.first_day,
        demand=sums.members @ filled,
        regressors=np.zeros((len(sums.names), panel.regressors.shape[1], 0)),
    )


def reconciled(series: np.ndarray, sums: np.ndarray, members: np.ndarray) -> np.ndarray:
    """`[S, H]` forecasts of series moved towards what the forecasts `[N, H]` of their sums say; never negative."""
    from hierarchicalforecast.methods import MinTrace

    matrix = np.vstack([members, np.eye(members.shape[1])])
    found = MinTrace("wls_struct").fit_predict(S=matrix, y_hat=np.vstack([sums, series]))
    return np.maximum(np.asarray(found["mean"])[len(members) :], 0.0)


def with_sums(
    panel: Panel,
    made: Forecast,
    attributes: Sequence[str],
    *,
    levels: Sequence[float] = LEVELS,
    setting: Setting | None = None,
    fan_out: FanOut | None = None,
) -> pl.DataFrame:
    """The table of a forecast with rows of the sums, of the model `ensemble`, and with the ensemble's means reconciled.

    Here `mean` is the mean demand of series and sums alike: medians do not add up.
    """
    sums = sums_of(panel, attributes)
    whole = summed(panel, sums)
    of_sums = forecast(
        whole, made.mean.shape[1], names=MEMBERS, levels=levels, setting=setting, fan_out=fan_out
    )
    means = made.expected
    if len(panel.series) <= MOST_SERIES:
        history = made.answers.history
        sellable = (made.answers.kinds != EMPTY)[:, None] & ~history.shut[:, history.days :]
        moved = reconciled(made.expected, of_sums.expected, sums.members.toarray())
        means = np.where(sellable, moved, 0.0)
    series = _moved(made.table, panel.series, made.expected, means)
    tops = of_sums.table.filter(pl.col("model") == ENSEMBLE)
    return pl.concat([series, _moved(tops, whole.series, of_sums.expected, sums.members @ means)]).sort(
        "model", "series_id", "date"
    )


def _moved(table: pl.DataFrame, names: np.ndarray, before: np.ndarray, after: np.ndarray) -> pl.DataFrame:
    """The table with other means of the ensemble, and its intervals moved by as much as these were."""
    horizon = before.shape[1]
    dates = table["date"].unique().sort()
    moves = pl.DataFrame(
        {
            "series_id": np.repeat(names, horizon),
            "date": dates.to_list() * len(names),
            "model": [ENSEMBLE] * (len(names) * horizon),
            "after": after.ravel(),
            "move": (after - before).ravel(),
        }
    )
    joined = table.join(moves, on=["series_id", "date", "model"], how="left").with_columns(
        pl.col("move").fill_null(0.0), mean=pl.coalesce("after", "mean")
    )
    lows = [name for name in table.columns if name.startswith("lo_")]
    highs = [name for name in table.columns if name.startswith("hi_")]
    return joined.with_columns(
        pl.col("mean").round(6),
        *(
            pl.min_horizontal((pl.col(name) + pl.col("move")).clip(lower_bound=0), "mean").round(6)
            for name in lows
        ),
        *(pl.max_horizontal(pl.col(name) + pl.col("move"), "mean").round(6) for name in highs),
    ).select(table.columns)
