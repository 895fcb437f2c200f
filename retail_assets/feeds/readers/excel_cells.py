"""The cells of an Excel sheet as texts, and what each of them is: a number, a text, a date, a time, a formula."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from retail_assets.feeds.readers.columns import (
    DAY_CELL,
    FORMULA,
    LONG_NUMBER,
    MOMENT_CELL,
    NUMBER_CELL,
    TEXT_CELL,
    TIME_CELL,
)
from retail_assets.feeds.readers.sheet_cells import Formulas, SheetCells
from retail_assets.feeds.readers.shown_digits import Shown

_ERROR = re.compile(r"Error\((\w+)\)")
_ERRORS = {"NA": "#N/A", "Div0": "#DIV/0!", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!"}
_ERRORS |= {"Ref": "#REF!", "Value": "#VALUE!"}
_STAMP = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
_ISO_STAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$"
"""How a date cell is given that the file holds as ISO 8601 has it, and not as a number of days."""
_FIRST_DAY = datetime(1899, 12, 30)
_DAY_OF_MILLISECONDS = 86_400_000
_FIRST_DATES = 3653 * _DAY_OF_MILLISECONDS
EXACT, TYPED = 2**53, 10**15
"""From here on whole numbers are no longer exact; from here on Excel makes the digits that somebody types zeros."""


@dataclass(frozen=True)
class Sheet:
    """Cells as texts (empty ones are empty texts), and in a frame of the same columns what they are."""

    texts: pl.DataFrame
    kinds: pl.DataFrame


def read_sheet(
    workbook: Any, sheet: str, told: SheetCells, shown_as_days: Callable[[], Iterable[tuple[int, int]]]
) -> Sheet:
    """A sheet's cells from its first row on, and what its XML told of them. `shown_as_days` are, by row and column, the
    cells that show a date and no time; it is asked where a column has midnights and other times."""

    def load(dtype: str) -> Any:
        return workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes=dtype)

    as_text = load("string")
    if not as_text.width:
        return Sheet(pl.DataFrame(), pl.DataFrame())
    batch, errors = as_text.to_arrow_with_errors()
    texts = pl.DataFrame(pl.from_arrow(batch))
    typed = {dtype: load(dtype).to_polars() for dtype in ("float", "boolean")}
    if _any_like(texts, _STAMP):
        typed["duration"] = load("duration").to_polars()
    if _any_like(texts, _ISO_STAMP):
        iso = _iso_stamps(texts, load("date").to_polars())
        texts = _where(iso, texts.select(pl.all().str.replace("T", " ").str.replace(r"\.0+$", "")), texts)
        typed["duration"] = _where(iso, iso, typed["duration"]) if "duration" in typed else iso
    if "duration" in typed and _has_midnights(typed["duration"]):
        days = _by_column(as_text, dict.fromkeys(shown_as_days(), ""))
        rows = pl.int_range(texts.height, eager=True)
        typed["day"] = pl.DataFrame(
            rows.is_in(list(days.get(column, ()))).alias(name) for column, name in enumerate(texts.columns)
        )
    formulas = {
        column: at for column, at in _by_column(as_text, told.formulas).items() if column < texts.width
    }
    padded = _padded(as_text, told)
    wrong: dict[int, dict[int, str]] = {}
    for error in errors.errors if errors else ():
        row, column = error.offset_position
        if kind := _ERROR.search(error.detail):
            wrong.setdefault(column, {})[row] = _ERRORS.get(kind[1], f"#{kind[1]}")
    cells, kinds = [], []
    for column, name in enumerate(texts.columns):
        text, kind = _read(texts[name], {dtype: frame[name] for dtype, frame in typed.items()})
        formula = formulas.get(column, {})
        for rows, digits in padded.get(column, ()):
            text = _with_zeros(text, kind, rows, digits)
        instead = wrong.get(column, {}) | formula
        cells.append(text.scatter(list(instead), list(instead.values())).alias(str(column)))
        kinds.append(kind.scatter(list(formula), FORMULA).alias(str(column)))
    return Sheet(pl.DataFrame(cells), pl.DataFrame(kinds))


def _any_like(texts: pl.DataFrame, pattern: str) -> bool:
    return any(texts.select(pl.all().str.contains(pattern).any()).row(0))


def _has_midnights(since: pl.DataFrame) -> bool:
    """Whether a column has some beside other times."""
    is_midnight = pl.all().dt.total_milliseconds() % _DAY_OF_MILLISECONDS == 0
    return any(since.select(is_midnight.any() & ~is_midnight.all()).row(0))


def _iso_stamps(texts: pl.DataFrame, dates: pl.DataFrame) -> pl.DataFrame:
    """Of the date cells that the file holds as ISO 8601 has it, how long they are since the beginning of time. `dates`
    are null for texts."""
    forms = [f"%Y-%m-%dT%H:%M{seconds}" for seconds in (":%S%.f", "")]
    stamps = [pl.all().str.to_datetime(form, time_unit="ms", strict=False) for form in forms]
    whole, short = (texts.select(stamp - _FIRST_DAY) for stamp in stamps)
    found = _where(whole, whole, short)
    return _where(dates, found, found.clear(found.height))


def _where(known: pl.DataFrame, then: pl.DataFrame, otherwise: pl.DataFrame) -> pl.DataFrame:
    """The cells of one frame where those of another are known, else those of a third."""
    return pl.DataFrame([then[n].zip_with(known[n].is_not_null(), otherwise[n]) for n in known.columns])


def _by_column(sheet: Any, formulas: Formulas) -> dict[int, dict[int, str]]:
    """Formulas without a value by the column and row of the sheet as it is loaded, from 0."""
    places = {info.absolute_index: info.index for info in sheet.available_columns()} if formulas else {}
    found: dict[int, dict[int, str]] = {}
    for (row, column), formula in formulas.items():
        if column in places and row < sheet.height:
            found.setdefault(places[column], {})[row] = f"={formula}"
    return found


def _padded(sheet: Any, told: SheetCells) -> dict[int, list[tuple[pl.Series, Shown]]]:
    """Rows and digits of numbers that are shown with zeros in front, by the column of the sheet as it is loaded."""
    places = {info.absolute_index: info.index for info in sheet.available_columns()} if told.padded else {}
    found: dict[int, list[tuple[pl.Series, Shown]]] = {}
    for (column, digits), rows in told.padded.items():
        if column in places:
            there = pl.Series(rows, dtype=pl.UInt32)
            found.setdefault(places[column], []).append((there.filter(there < sheet.height), digits))
    return found


def _with_zeros(text: pl.Series, kind: pl.Series, rows: pl.Series, digits: Shown) -> pl.Series:
    shown = text.gather(rows)
    is_whole = shown.str.contains(r"^\d+$") & (kind.gather(rows) == NUMBER_CELL)
    zeros, least = digits
    return text.scatter(rows, (zeros + shown.str.zfill(least)).zip_with(is_whole, shown))


def _read(texts: pl.Series, typed: dict[str, pl.Series]) -> tuple[pl.Series, pl.Series]:
    """The texts of a column's cells and what they are, as one character each.

    fastexcel gives numbers as text with nine decimals (0.666666667, 99999999.989999995), so the numbers are asked for
    too and decide where the text says something else. Only of a number, and of yes and no, it knows whether they are
    true; only of a cell that is a date or a time, how long since the beginning of time.
    """
    text, number = pl.col("text"), pl.col("float")
    is_number = pl.col("boolean").is_not_null() & number.is_not_null() & ~text.is_in(["true", "false"])
    rounded = (text.cast(pl.Float64, strict=False) != number) | text.str.contains(r"^-?\d{7,}\.\d{9}$")
    shortest = number.cast(pl.String).str.strip_suffix(".0")
    is_long = (number.abs() >= EXACT) | ((number.abs() >= TYPED) & (number % 10 == 0))
    frame = pl.DataFrame({"text": texts, **typed})
    if "duration" not in frame.columns:
        frame = frame.with_columns(duration=pl.lit(None, pl.Duration("ms")))
    if "day" not in frame.columns:
        frame = frame.with_columns(day=pl.lit(False))
    since = pl.col("duration")
    is_date, at = since.is_not_null(), since.dt.total_milliseconds()
    # Nothing was sold in the first years of Excel's calendar: these are times of day, and spans of time.
    spans = ((at < _FIRST_DATES) | ~is_date).all() & (is_date & (at % _DAY_OF_MILLISECONDS != 0)).any()
    is_span = is_date & (spans | (at < _DAY_OF_MILLISECONDS))
    at_midnight = at % _DAY_OF_MILLISECONDS == 0
    is_day = at_midnight & (pl.col("day") | (at_midnight | ~is_date).all())
    seconds = at // 1000
    clock = pl.concat_str(
        (seconds // 3600).cast(pl.String).str.zfill(2),
        (seconds // 60 % 60).cast(pl.String).str.zfill(2),
        (seconds % 60).cast(pl.String).str.zfill(2),
        separator=":",
    ) + pl.when(at % 1000 != 0).then(pl.format(".{}", (at % 1000).cast(pl.String).str.zfill(3))).otherwise(
        pl.lit("")
    )
    read = frame.select(
        text=pl.when(is_span)
        .then(clock)
        .when(is_number & rounded)
        .then(shortest)
        .otherwise(text)
        .fill_null(""),
        kind=pl.when(is_span)
        .then(pl.lit(TIME_CELL))
        .when(is_date)
        .then(pl.when(is_day).then(pl.lit(DAY_CELL)).otherwise(pl.lit(MOMENT_CELL)))
        .when(is_number)
        .then(pl.when(is_long).then(pl.lit(LONG_NUMBER)).otherwise(pl.lit(NUMBER_CELL)))
        .otherwise(pl.lit(TEXT_CELL)),
    )
    return read["text"], read["kind"]
