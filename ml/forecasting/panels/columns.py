"""What the cells of a table mean: days, quantities, truth values, regressors."""

import polars as pl

from ml.errors import ExplainedError, quoted
from ml.forecasting.issues import EVERY_SERIES, NO_MODEL, Issue
from ml.forecasting.panels.panel import OPEN

REQUIRED = ("series_id", "date", "quantity")
OUT_OF_STOCK = "out_of_stock"
WORDS = {"yes": 1.0, "true": 1.0, "y": 1.0, "1": 1.0, "no": 0.0, "false": 0.0, "n": 0.0, "0": 0.0}
"""Texts that are truth values, in any case."""
MOST_UNREADABLE = 0.5
"""Share of the cells of a column; with more it is no column of that kind, and not a few rows are mistyped."""
MOST_UNITS = 1e12
"""A day; what is larger is no quantity, and sums of it are infinite."""


class PanelRefused(ExplainedError):
    """The file is no panel."""


def typed(table: pl.DataFrame, required: tuple[str, ...], name: str) -> pl.DataFrame:
    """The table with texts, days and numbers in its columns; empty where a cell cannot be read. Raises PanelRefused."""
    missing = [column for column in required if column not in table.columns]
    if missing:
        raise PanelRefused(f"{name} has no column {', '.join(missing)}; it has {', '.join(table.columns)}")
    # Categories are texts too.
    texts = [column for column in table.columns if table[column].dtype in (pl.Categorical, pl.Enum)]
    try:
        table = table.with_columns(pl.col("series_id", *texts).cast(pl.String))
    except pl.exceptions.PolarsError as error:
        raise PanelRefused(f"{name} has a series_id of the wrong kind: {quoted(error)}") from error
    table = table.with_columns(_days(table["date"], name))
    if "quantity" in required:
        table = table.with_columns(_quantities(table["quantity"], name))
        if OUT_OF_STOCK in table.columns:
            out = _numbers(table[OUT_OF_STOCK], name).fill_nan(None)
            table = table.with_columns((out.fill_null(0.0) != 0).alias(OUT_OF_STOCK))
    return table


def _days(dates: pl.Series, name: str) -> pl.Series:
    if dates.dtype == pl.String:
        found = dates.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        return _mostly_read(dates, found, "dates like 2026-11-20", name)
    if isinstance(dates.dtype, pl.Datetime):
        return dates.dt.date()  # of its own zone: midnight in Berlin is the evening before in UTC
    if dates.dtype in (pl.Date, pl.Null):
        return dates.cast(pl.Date)
    raise PanelRefused(
        f"{name} has dates of the wrong kind, {dates.dtype}; give dates, or texts like 2026-11-20"
    )


def _quantities(cells: pl.Series, name: str) -> pl.Series:
    try:
        found = cells.cast(pl.Float64, strict=False)
    except pl.exceptions.PolarsError as error:
        raise PanelRefused(f"{name} has quantities of the wrong kind: {quoted(error)}") from error
    return _mostly_read(cells, found, "numbers", name)


def _mostly_read(cells: pl.Series, found: pl.Series, kind: str, name: str) -> pl.Series:
    unreadable = cells.filter(found.is_null() & cells.is_not_null())
    if len(unreadable) > MOST_UNREADABLE * cells.count():
        said = f"such as {quoted(repr(unreadable[0]))}"
        raise PanelRefused(f"{name} has a {cells.name} of the wrong kind, {said}; give {kind}")
    return found


def _numbers(cells: pl.Series, name: str) -> pl.Series:
    """Numbers of numbers, truth values, and the words for these. Raises PanelRefused for other texts."""
    if cells.dtype != pl.String:
        try:
            return cells.cast(pl.Float64)
        except pl.exceptions.PolarsError as error:
            raise PanelRefused(f"{name} has no numbers in {cells.name}: {quoted(error)}") from error
    text = cells.str.strip_chars().str.to_lowercase()
    found = text.replace_strict(WORDS, default=None, return_dtype=pl.Float64)
    found = found.fill_null(text.cast(pl.Float64, strict=False))
    strange = cells.filter(found.is_null() & (text != ""))
    if len(strange):
        said = f"{quoted(repr(strange[0]))} in {cells.name}"
        raise PanelRefused(f"{name} has {said}; give a number, true or false, or yes or no")
    return found


def regressor_names(rows: pl.DataFrame) -> list[str]:
    """Columns of numbers and truth values, and of words for these that change from day to day.

    A text that is the same on all days of a series says what the series is, whatever its words.
    """
    return [
        column for column in rows.columns if column not in (*REQUIRED, OUT_OF_STOCK) and _tells(rows, column)
    ]


def _tells(rows: pl.DataFrame, column: str) -> bool:
    if rows[column].dtype != pl.String:
        return rows[column].dtype.is_numeric() or rows[column].dtype == pl.Boolean
    words = rows[column].drop_nulls().unique().str.strip_chars().str.to_lowercase()
    if words.is_empty() or not words.is_in(list(WORDS)).all():
        return False
    changes = rows.group_by("series_id").agg(pl.col(column).drop_nulls().n_unique())[column] > 1
    return column in OPEN or bool(changes.any())


def with_numbers(
    rows: pl.DataFrame, ahead: pl.DataFrame | None, names: list[str], name: str, issues: list[Issue]
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Both tables with the regressors as numbers, empty where nothing is told. Raises PanelRefused."""
    rows = _finite(rows, names, name, issues)
    if ahead is not None:
        ahead = _finite(ahead, names, "the file of the days ahead", issues)
    for column in names:
        told, empty = rows[column].drop_nulls(), rows[column].null_count()
        # A join that found nothing leaves a cell empty, and means no.
        if empty and len(told) and (told == 1).all() and column not in OPEN:
            said = f"{column} is 1 or empty: empty counts as 0, on {empty} rows"
            issues.append(Issue(EVERY_SERIES, NO_MODEL, "regressor_values", said))
            rows = rows.with_columns(pl.col(column).fill_null(0.0))
            if ahead is not None and column in ahead.columns:
                ahead = ahead.with_columns(pl.col(column).fill_null(0.0))
    return rows, ahead


def _finite(table: pl.DataFrame, names: list[str], name: str, issues: list[Issue]) -> pl.DataFrame:
    for column in (column for column in names if column in table.columns):
        found = _numbers(table[column], name).fill_nan(None)
        if endless := int(found.is_infinite().sum()):
            said = f"{column} is infinite in {endless} rows of {name}: it is not told there"
            issues.append(Issue(EVERY_SERIES, NO_MODEL, "regressor_values", said))
        finite = pl.DataFrame({column: found}).select(
            pl.when(pl.col(column).is_finite()).then(pl.col(column))
        )
        table = table.with_columns(finite[column])
    return table
