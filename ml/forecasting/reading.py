"""Panels from Parquet: long tables of series, date and quantity become arrays, and what was mended is told.

Columns `series_id`, `date`, `quantity`; `out_of_stock` if such days are known; every other column that is a number or a
truth value is a regressor, every one that is a text is an attribute of the series (category, store, product).
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from ml.errors import ExplainedError, quoted
from ml.forecasting.issues import EVERY_SERIES, NO_MODEL, Issue
from ml.forecasting.panel import DAY, Panel

REQUIRED = ("series_id", "date", "quantity")
OUT_OF_STOCK = "out_of_stock"
MOSTLY_ABSENT = 0.5
"""A series that lacks more of its days than this comes from a table of sales alone: its missing days are zeros."""
MOST_DAYS = 20_000


class PanelRefused(ExplainedError):
    """The file is no panel."""


@dataclass(frozen=True)
class ReadPanel:
    panel: Panel
    issues: list[Issue]


def read_panel(path: Path, future: Path | None = None) -> ReadPanel:
    """A panel, and with `future` its regressors of the days ahead."""
    return panel_of(_table(path), None if future is None else _table(future), name=path.name)


def _table(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise PanelRefused(f"{path} does not exist; give a Parquet file with {', '.join(REQUIRED)}")
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise PanelRefused(f"{path} cannot be read as Parquet: {quoted(error)}") from error


def panel_of(
    table: pl.DataFrame, future: pl.DataFrame | None = None, *, name: str = "the panel"
) -> ReadPanel:
    """The arrays of a long table in any order of rows."""
    rows = _checked(table, REQUIRED, name)
    issues: list[Issue] = []
    rows = _without_bad_rows(rows, issues)
    if rows.is_empty():
        raise PanelRefused(
            f"{name} has no row with series_id, date and quantity; there is nothing to learn from"
        )
    rows = _once_a_day(rows, issues)
    series = rows["series_id"].unique().sort()
    first, last = _ends(rows["date"])
    days = (last - first).days + 1
    if days > MOST_DAYS:
        raise PanelRefused(
            f"{name} reaches from {first} to {last}; look for a wrong date ({MOST_DAYS} days at most)"
        )
    place = _places(rows, series, first)
    demand = np.full((len(series), days), np.nan)
    demand[place] = rows["quantity"].to_numpy()
    demand = _negative_as_zero(demand, series, issues)
    demand = _gaps(demand, series, issues)
    if OUT_OF_STOCK in rows.columns:
        out = rows[OUT_OF_STOCK].cast(pl.Float64, strict=False).fill_null(0).to_numpy() != 0
        demand[place[0][out], place[1][out]] = np.nan
    names = [
        column
        for column in rows.columns
        if column not in (*REQUIRED, OUT_OF_STOCK) and _is_number(rows[column])
    ]
    attributes = [
        c for c in rows.columns if c not in (*REQUIRED, OUT_OF_STOCK) and rows[c].dtype == pl.String
    ]
    regressors = _regressors(rows, future, names, series, first, days, issues, name)
    panel = Panel(
        series=series.to_numpy().astype(str),
        first_day=np.datetime64(first, "D"),
        demand=demand,
        regressors=regressors,
        regressor_names=tuple(names),
        static=_static(rows, attributes),
    )
    return ReadPanel(panel, [*issues, *_of_demand(panel)])


def _ends(dates: pl.Series) -> tuple[date, date]:
    first, last = dates.min(), dates.max()
    assert isinstance(first, date) and isinstance(last, date)
    return first, last


def _checked(table: pl.DataFrame, required: tuple[str, ...], name: str) -> pl.DataFrame:
    missing = [column for column in required if column not in table.columns]
    if missing:
        raise PanelRefused(f"{name} has no column {', '.join(missing)}; it has {', '.join(table.columns)}")
    try:
        typed = table.with_columns(
            pl.col("series_id").cast(pl.String),
            _as_date(table["date"]),
            *([pl.col("quantity").cast(pl.Float64)] if "quantity" in required else []),
        )
    except pl.exceptions.PolarsError as error:
        raise PanelRefused(f"{name} has a date or quantity of the wrong kind: {quoted(error)}") from error
    # Categories are texts, decimals and truth values are numbers.
    others = [column for column in typed.columns if column not in required]
    return typed.with_columns(
        pl.col(column).cast(pl.String) if typed[column].dtype in (pl.Categorical, pl.Enum) else pl.col(column)
        for column in others
    )


def _as_date(dates: pl.Series) -> pl.Expr:
    if dates.dtype == pl.String:
        return pl.col("date").str.slice(0, 10).str.to_date("%Y-%m-%d")
    return pl.col("date").cast(pl.Date)


def _is_number(values: pl.Series) -> bool:
    return values.dtype.is_numeric() or values.dtype == pl.Boolean


def _without_bad_rows(rows: pl.DataFrame, issues: list[Issue]) -> pl.DataFrame:
    told = pl.col("series_id").is_not_null() & pl.col("date").is_not_null()
    good = told & pl.col("quantity").is_finite().fill_null(False)
    bad = rows.filter(~good)
    for series, count in bad.group_by("series_id").len().iter_rows():
        said = f"{count} rows without a date or a finite quantity are left out"
        issues.append(Issue(series or EVERY_SERIES, NO_MODEL, "unreadable_rows", said))
    return rows.filter(good)


def _once_a_day(rows: pl.DataFrame, issues: list[Issue]) -> pl.DataFrame:
    """Rows that repeat another count once; different quantities of one day are parts of it and are added."""
    if not rows.select("series_id", "date").is_duplicated().any():
        return rows
    distinct = rows.unique(maintain_order=False)
    repeated = (
        rows.group_by("series_id")
        .len()
        .join(distinct.group_by("series_id").len("distinct"), on="series_id")
        .filter(pl.col("len") > pl.col("distinct"))
    )
    for series, count, left in repeated.iter_rows():
        said = f"{count - left} rows repeat another one and count once"
        issues.append(Issue(series, NO_MODEL, "duplicates", said))
    counts = distinct.group_by("series_id", "date").len().filter(pl.col("len") > 1)
    for series, count in counts.group_by("series_id").len().iter_rows():
        issues.append(
            Issue(series, NO_MODEL, "duplicates", f"several quantities on {count} days are added up")
        )
    others = [column for column in rows.columns if column not in REQUIRED]
    return (
        distinct.sort(rows.columns)
        .group_by("series_id", "date")
        .agg(pl.col("quantity").sum(), *[pl.col(column).max() for column in others])
    )


def _places(rows: pl.DataFrame, series: pl.Series, first: date) -> tuple[np.ndarray, np.ndarray]:
    """Index of the series, and of the day, of each row."""
    numbers = pl.DataFrame({"series_id": series, "number": np.arange(len(series))})
    joined = rows.select("series_id", "date").join(numbers, on="series_id", how="left", maintain_order="left")
    return joined["number"].to_numpy(), (joined["date"] - first).dt.total_days().to_numpy()


def _negative_as_zero(demand: np.ndarray, series: pl.Series, issues: list[Issue]) -> np.ndarray:
    negative = demand < 0
    for row in np.flatnonzero(negative.any(axis=1)):
        said = f"{int(negative[row].sum())} days on which more came back than was sold count as 0"
        issues.append(Issue(series[int(row)], NO_MODEL, "negative_demand", said))
    return np.where(negative, 0.0, demand)


def _gaps(demand: np.ndarray, series: pl.Series, issues: list[Issue]) -> np.ndarray:
    """Days without a row, from the first row of a series to the last day of the panel."""
    known = ~np.isnan(demand)
    first = np.argmax(known, axis=1)
    inside = np.arange(demand.shape[1])[None, :] >= first[:, None]
    missing = inside & ~known
    count = missing.sum(axis=1)
    for row in np.flatnonzero(count):
        if count[row] > MOSTLY_ABSENT * inside[row].sum() and known[row].sum() > 1:
            demand[row, missing[row]] = 0.0
            said = f"{count[row]} days have no row, more than half of them: they count as 0"
        else:
            said = f"{count[row]} days have no row: they are not known, and nothing is learnt from them"
        issues.append(Issue(series[int(row)], NO_MODEL, "gaps", said))
    return demand


def _regressors(
    rows: pl.DataFrame,
    future: pl.DataFrame | None,
    names: list[str],
    series: pl.Series,
    first,
    days: int,
    issues: list[Issue],
    name: str,
) -> np.ndarray:
    """`[S, T + F, K]`; a day that no row tells has the value of the series' last same weekday."""
    ahead = 0
    told = [(rows, 0)]
    if future is not None and names:
        table = _checked(future, ("series_id", "date"), "the file of the days ahead")
        missing = [column for column in names if column not in table.columns]
        for column in missing:
            said = f"the file of the days ahead has no column {column}: the last same weekdays are taken"
            issues.append(Issue(EVERY_SERIES, NO_MODEL, "future_regressors", said))
        known = table.filter(pl.col("series_id").is_in(series.implode()) & pl.col("date").is_not_null())
        later = (pl.col("date") - first).dt.total_days() >= days
        strangers, early = len(table) - len(known), len(known.filter(~later))
        if strangers or early:
            said = f"{strangers} rows of unknown series and {early} of days of the panel are left out"
            issues.append(Issue(EVERY_SERIES, NO_MODEL, "future_regressors", said))
        known = known.filter(later)
        if len(known):
            ahead = min((_ends(known["date"])[1] - first).days + 1 - days, MOST_DAYS)
            known = known.unique(["series_id", "date"], keep="first", maintain_order=True)
            told.append((known.filter((pl.col("date") - first).dt.total_days() < days + ahead), 1))
    values = np.full((len(series), days + ahead, len(names)), np.nan)
    for table, _ in told:
        place = _places(table, series, first)
        for k, column in enumerate(names):
            if column in table.columns:
                values[place[0], place[1], k] = table[column].cast(pl.Float64).to_numpy()
    if future is None and names:
        said = "no file of the days ahead is given: the last same weekdays are taken for them"
        issues.append(Issue(EVERY_SERIES, NO_MODEL, "future_regressors", said))
    for row, one in enumerate(series):
        gaps = int(np.isnan(values[row, days:]).any(axis=1).sum())
        if gaps:
            said = f"{gaps} of {ahead} days ahead are not told: the last same weekdays are taken"
            issues.append(Issue(one, NO_MODEL, "future_regressors", said))
    return values


def carried_forward(panel: Panel, horizon: int) -> Panel:
    """The panel with regressors for every day of the horizon: where none is told, the last same weekday's."""
    missing = max(horizon - panel.known_ahead, 0)
    values = np.pad(panel.regressors, ((0, 0), (0, missing), (0, 0)), constant_values=np.nan)
    for day in range(7, values.shape[1]):
        values[:, day] = np.where(np.isnan(values[:, day]), values[:, day - 7], values[:, day])
    for day in range(values.shape[1] - 2, -1, -1):  # days before a series began are told by what came after
        values[:, day] = np.where(np.isnan(values[:, day]), values[:, day + 1], values[:, day])
    return Panel(
        series=panel.series,
        first_day=panel.first_day,
        demand=panel.demand,
        regressors=np.nan_to_num(values),
        regressor_names=panel.regressor_names,
        static=panel.static,
    )


def _static(rows: pl.DataFrame, attributes: list[str]) -> dict[str, np.ndarray]:
    newest = rows.sort("series_id", "date", *attributes).group_by("series_id", maintain_order=True).last()
    return {name: newest[name].fill_null("").to_numpy().astype(str) for name in attributes}


def _of_demand(panel: Panel) -> list[Issue]:
    """Series that hold little or nothing to learn from."""
    found = []
    counts = (~np.isnan(panel.demand)).sum(axis=1)
    highest, lowest = (
        np.where(counts > 0, reduce(np.where(np.isnan(panel.demand), fill, panel.demand)), 0.0)
        for reduce, fill in ((lambda v: v.max(axis=1), -np.inf), (lambda v: v.min(axis=1), np.inf))
    )
    for row, series in enumerate(panel.series):
        if counts[row] == 0:
            found.append(
                Issue(str(series), NO_MODEL, "no_known_day", "the profile of its category is its forecast")
            )
        elif highest[row] == 0:
            found.append(Issue(str(series), NO_MODEL, "all_zeros", "its forecast is 0"))
        elif counts[row] < 28:
            said = (
                f"{counts[row]} known days: the profile of its category counts the more, the fewer there are"
            )
            found.append(Issue(str(series), NO_MODEL, "short", said))
        elif highest[row] == lowest[row]:
            found.append(
                Issue(str(series), NO_MODEL, "constant", f"{highest[row]:g} on every day is its forecast")
            )
    return found


__all__ = ["DAY", "PanelRefused", "ReadPanel", "carried_forward", "panel_of", "read_panel"]
