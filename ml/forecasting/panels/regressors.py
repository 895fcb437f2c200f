"""Regressors of a panel as arrays, from its own rows and from the file of the days ahead."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from ml.forecasting.issues import EVERY_SERIES, NO_MODEL, Issue
from ml.forecasting.panels.panel import OPEN, Panel

FUTURE = "future_regressors"
MOST_AHEAD = 1_000
"""Days after the panel; a mistyped date must not make an array of decades."""


@dataclass(frozen=True)
class Frame:
    """Which series, and which days, the arrays of a panel have."""

    series: pl.Series
    first: date
    days: int

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days - 1)

    def places(self, rows: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Index of the series, and of the day, of each row."""
        numbers = pl.DataFrame({"series_id": self.series, "number": np.arange(len(self.series))})
        joined = rows.select("series_id", "date").join(
            numbers, on="series_id", how="left", maintain_order="left"
        )
        return joined["number"].to_numpy(), (joined["date"] - self.first).dt.total_days().to_numpy()


def regressors_of(
    rows: pl.DataFrame, future: pl.DataFrame | None, names: list[str], frame: Frame, issues: list[Issue]
) -> np.ndarray:
    """`[S, T + F, K]`, NaN where no row tells a day; F days are told by `future`."""
    tables = [rows]
    if future is not None and names:
        tables.append(_days_ahead(future, names, frame, issues))
    ahead = max(
        ((table["date"].max() - frame.last).days for table in tables if len(table)),  # ty: ignore[unsupported-operator]
        default=0,
    )
    values = np.full((len(frame.series), frame.days + ahead, len(names)), np.nan)
    for table in tables:
        place = frame.places(table)
        for k, column in enumerate(names):
            if column in table.columns:
                values[place[0], place[1], k] = table[column].cast(pl.Float64).to_numpy()
    _tell_open_unknown(values[:, : frame.days], names, frame, issues)
    _tell_untold(values[:, frame.days :], names, future is not None, frame, issues)
    return values


def _tell_open_unknown(values: np.ndarray, names: list[str], frame: Frame, issues: list[Issue]) -> None:
    """Series of which no day `[S, T, K]` says whether the shop was open."""
    for k in (k for k, name in enumerate(names) if name in OPEN):
        for row in np.flatnonzero(np.isnan(values[:, :, k]).all(axis=1)):
            said = f"{names[k]} is empty on all days: they count as open"
            issues.append(Issue(frame.series[int(row)], NO_MODEL, "open_unknown", said))


def _tell_untold(
    ahead: np.ndarray, names: list[str], has_file: bool, frame: Frame, issues: list[Issue]
) -> None:
    """Regressors `[S, F, K]` of which no day ahead is told, and series of which some are not."""
    never = np.asarray(np.isnan(ahead).all(axis=(0, 1)))
    where = "the file of the days ahead does not tell" if has_file else "no file of the days ahead tells"
    for name in (names[k] for k in np.flatnonzero(never)):
        outcome = "it is as on the last four same weekdays" if name in OPEN else "it is not learnt from"
        said = f"{where} {name}: {outcome}, in a backtest too"
        issues.append(Issue(EVERY_SERIES, NO_MODEL, FUTURE, said))
    untold = np.isnan(ahead[:, :, ~never]).any(axis=2).sum(axis=1)
    for row in np.flatnonzero(untold):
        said = (
            f"{untold[row]} of {ahead.shape[1]} days ahead are not told: the last same weekdays are taken, "
            "in a backtest too"
        )
        issues.append(Issue(frame.series[int(row)], NO_MODEL, FUTURE, said))


def untold_days(panel: Panel, horizon: int) -> list[Issue]:
    """Regressors of which the days ahead that are told end before the horizon does."""
    ahead = np.asarray(~np.isnan(panel.regressors[:, panel.days :]).all(axis=0))
    found = []
    for k in np.flatnonzero(panel.told_ahead):
        told = int(np.flatnonzero(ahead[:, k])[-1]) + 1
        if told < horizon:
            said = (
                f"{panel.regressor_names[k]} is told of {told} of {horizon} days ahead: then the last same weekdays "
                "are taken, in a backtest too"
            )
            found.append(Issue(EVERY_SERIES, NO_MODEL, FUTURE, said))
    return found


def _days_ahead(future: pl.DataFrame, names: list[str], frame: Frame, issues: list[Issue]) -> pl.DataFrame:
    """The rows of known series after the panel, one for each series and day."""
    known = future.filter(pl.col("series_id").is_in(frame.series.implode()) & pl.col("date").is_not_null())
    later = known.filter(pl.col("date") > frame.last)
    near = later.filter(pl.col("date") <= frame.last + timedelta(days=MOST_AHEAD))
    strangers, early, far = len(future) - len(known), len(known) - len(later), len(later) - len(near)
    if strangers or early or far:
        said = (
            f"{strangers} rows of unknown series, {early} of days of the panel and {far} of days more than "
            f"{MOST_AHEAD} after it are left out"
        )
        issues.append(Issue(EVERY_SERIES, NO_MODEL, FUTURE, said))
    return _once_a_day(near, [name for name in names if name in near.columns], issues)


def _once_a_day(rows: pl.DataFrame, names: list[str], issues: list[Issue]) -> pl.DataFrame:
    """One row for each series and day; what two rows tell differently is not told."""
    several = pl.struct("series_id", "date").is_duplicated()
    repeated = rows.filter(several)
    if repeated.is_empty() or not names:
        return rows
    agreed = pl.col(*names).drop_nulls()
    grouped = repeated.group_by("series_id", "date")
    clashing = grouped.agg(
        pl.any_horizontal(pl.col(name).drop_nulls().n_unique() > 1 for name in names).alias("clash")
    )
    for series, days in clashing.filter("clash").group_by("series_id").len().iter_rows():
        said = f"rows contradict each other on {days} days ahead: what they disagree on is not told"
        issues.append(Issue(series, NO_MODEL, FUTURE, said))
    once = grouped.agg(pl.when(agreed.n_unique() == 1).then(agreed.first()))
    return pl.concat([rows.filter(~several), once], how="diagonal")
