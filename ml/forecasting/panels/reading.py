"""Panels from Parquet: long tables of series, date and quantity become arrays, and what was mended is told.

Columns `series_id`, `date`, `quantity`; `out_of_stock` if such days are known; every other column that is a number or a
truth value is a regressor, every one that is a text is an attribute of the series (category, store, product).
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from ml.errors import quoted
from ml.forecasting.issues import NO_MODEL, Issue
from ml.forecasting.panels.columns import REQUIRED, PanelRefused, regressor_names, typed, with_numbers
from ml.forecasting.panels.days import YEAR
from ml.forecasting.panels.panel import ESTABLISHED_DAYS, Panel
from ml.forecasting.panels.quantities import (
    demand_of,
    kind_of,
    once_a_day,
    tell_ends,
    unread_days,
    without_bad_rows,
    without_joined_rows,
    without_stray_days,
)
from ml.forecasting.panels.regressors import Frame, regressors_of

MOST_DAYS = 20_000


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
    issues: list[Issue] = []
    told = typed(table, REQUIRED, name)
    rows = without_stray_days(without_bad_rows(told, issues), issues)
    ahead = None if future is None else typed(future, ("series_id", "date"), "the file of the days ahead")
    names = regressor_names(rows)
    rows, ahead = with_numbers(rows, ahead, names, name, issues)
    rows = without_joined_rows(rows, issues)
    frame = _frame(rows, name)
    tell_ends(rows, frame, issues)
    unread = unread_days(told, rows, frame)
    kind = kind_of(rows, frame, unread, issues)
    rows = once_a_day(rows, kind, issues)
    demand, returns = demand_of(rows, frame, kind, unread, issues)
    panel = Panel(
        series=frame.series.to_numpy().astype(str),
        first_day=np.datetime64(frame.first, "D"),
        demand=demand,
        regressors=regressors_of(rows, ahead, names, frame, issues),
        regressor_names=tuple(names),
        static=_static(rows),
        returns=returns,
    )
    return ReadPanel(panel, [*issues, *_of_demand(panel)])


def _frame(rows: pl.DataFrame, name: str) -> Frame:
    if rows.is_empty():
        raise PanelRefused(
            f"{name} has no row with series_id, date and quantity; there is nothing to learn from"
        )
    first, last = rows["date"].min(), rows["date"].max()
    assert isinstance(first, date) and isinstance(last, date)
    days = (last - first).days + 1
    if days > MOST_DAYS:
        raise PanelRefused(
            f"{name} reaches from {first} to {last}; look for a wrong date ({MOST_DAYS} days at most)"
        )
    return Frame(rows["series_id"].unique().sort(), first, days)


def _static(rows: pl.DataFrame) -> dict[str, np.ndarray]:
    attributes = [name for name in rows.columns if name not in REQUIRED and rows[name].dtype == pl.String]
    newest = rows.sort("series_id", "date", *attributes).group_by("series_id", maintain_order=True).last()
    return {name: newest[name].fill_null("").to_numpy().astype(str) for name in attributes}


def _of_demand(panel: Panel) -> list[Issue]:
    """Series that hold little or nothing to learn from."""
    found = []
    counts = (~np.isnan(panel.demand)).sum(axis=1)
    lately = (~np.isnan(panel.demand[:, -YEAR:])).sum(axis=1)
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
        elif lately[row] < ESTABLISHED_DAYS:
            said = (
                f"{lately[row]} known days in the last {YEAR}: the profile of its category counts, and the newest of "
                f"its {counts[row]} known days"
            )
            found.append(Issue(str(series), NO_MODEL, "short", said))
        elif highest[row] == lowest[row]:
            found.append(
                Issue(str(series), NO_MODEL, "constant", f"{highest[row]:g} on every day is its forecast")
            )
    return found
