"""Excel workbooks to records: every cell as text, sheet by sheet."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import (
    PLACE,
    RECORD,
    column_names,
    has_names,
    named_by_mapping,
    no_such_header,
)
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.output import write_frames
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet, above_names
from retail_assets.feeds.readers.workbook import check_workbook, damaged

SEVERAL_SHEETS = "several_sheets"
_ALL_SHEETS = "*"
_HEADER_ROWS = 1_000
"""A header that is found by its names stands among them."""
_ERROR = re.compile(r"Error\((\w+)\)")
_ERRORS = {"NA": "#N/A", "Div0": "#DIV/0!", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!"}
_ERRORS |= {"Ref": "#REF!", "Value": "#VALUE!"}


def read_excel(path: Path, *, layout: FileLayout, out: Path, limits: ReaderLimits) -> RecordSet:
    """Read the sheets that the layout names; a column that a sheet lacks is null there."""
    import fastexcel

    check_workbook(path, limits)
    try:
        workbook = fastexcel.read_excel(path)
        sheets = {name: _cells(workbook, name) for name in _chosen(workbook.sheet_names, layout)}
        others = {name: _cells(workbook, name) for name in workbook.sheet_names if name not in sheets}
    except fastexcel.FastExcelError as error:
        raise damaged(str(error)) from error
    tables = {name: _table(cells, layout, limits) for name, cells in sheets.items() if cells.width}
    filled = {name: rows for name, cells in others.items() if (rows := _filled_rows(cells))}
    left_out = tuple(f"the sheet {name} ({rows:,} rows)" for name, rows in filled.items())
    if not tables:
        raise Unreadable(
            "empty",
            f"A table was expected, but there is none in the sheet {', '.join(sheets)}"
            + (
                f"; name the right one in the mapping (`sheet`), there is {', '.join(left_out)}."
                if filled
                else "."
            ),
        )
    if layout.sheet is None:
        _require_only(tables, {name: others[name] for name in filled}, layout, limits)
    columns: dict[str, str] = {}
    for table in tables.values():
        for title in table.columns:
            columns.setdefault(title.lower(), title)
    written = write_frames(_frames(tables, columns), columns=list(columns.values()), out=out)
    return RecordSet(
        path=written.path,
        columns=list(columns.values()),
        format="excel",
        record_count=written.count,
        sheets=tuple(tables),
        left_out=left_out,
        above=_above(next(cells for cells in sheets.values() if cells.width), layout),
    )


def _chosen(found: Sequence[str], layout: FileLayout) -> list[str]:
    if layout.sheet == _ALL_SHEETS:
        return list(found)
    if layout.sheet is None:
        return list(found[:1])
    wanted = [layout.sheet] if isinstance(layout.sheet, str) else list(layout.sheet)
    missing = [sheet for sheet in wanted if sheet not in found]
    if missing:
        raise Unreadable(
            "no_sheet",
            f"The mapping expects the sheet {', '.join(missing)}, but the workbook has {', '.join(found)}; "
            "correct sheet, or send the workbook with it.",
        )
    return wanted


def _require_only(
    tables: dict[str, pl.DataFrame], others: dict[str, pl.DataFrame], layout: FileLayout, limits: ReaderLimits
) -> None:
    """Refuse a workbook of whose first sheet another has all columns: its rows would be lost without a word."""
    [(first, table)] = tables.items()
    columns = {title.lower() for title in table.columns}
    for name, cells in others.items():
        if _has_rows(cells, columns, layout, limits):
            raise Unreadable(
                SEVERAL_SHEETS,
                f"One sheet of records was expected, but {name} has the columns of {first} too. Say in the mapping "
                f'which sheets are meant: `file: {{sheet: "{first}"}}` for one, `file: {{sheet: "*"}}` for all.',
            )


def _has_rows(cells: pl.DataFrame, columns: set[str], layout: FileLayout, limits: ReaderLimits) -> bool:
    """Whether a sheet has rows with all of these columns."""
    try:
        table = _table(cells, layout, limits)
    except Unreadable:  # a sheet that is no such table
        return False
    return columns <= {title.lower() for title in table.columns} and _filled_rows(table) > 0


def _filled_rows(cells: pl.DataFrame) -> int:
    """Rows in which anything stands."""
    if not cells.width:
        return 0
    return cells.select((pl.any_horizontal(pl.all().str.strip_chars() != "")).sum()).item()


def _cells(workbook, sheet: str) -> pl.DataFrame:
    """A sheet's cells as text, from its first row on; empty cells are empty texts."""
    as_text = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
    if not as_text.width:
        return pl.DataFrame()
    batch, errors = as_text.to_arrow_with_errors()
    texts = pl.DataFrame(pl.from_arrow(batch))
    numbers = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="float").to_polars()
    wrong: dict[int, dict[int, str]] = {}
    for error in errors.errors if errors else ():
        row, column = error.offset_position
        if kind := _ERROR.search(error.detail):
            wrong.setdefault(column, {})[row] = _ERRORS.get(kind[1], f"#{kind[1]}")
    cells = []
    for column, name in enumerate(texts.columns):
        exact = _exact(texts[name], numbers[name]).fill_null("")
        cells.append(exact.scatter(list(wrong.get(column, {})), list(wrong.get(column, {}).values())))
    return pl.DataFrame([series.alias(str(i)) for i, series in enumerate(cells)])


def _exact(texts: pl.Series, numbers: pl.Series) -> pl.Series:
    """Texts of a column's cells, with numbers in their shortest exact form.

    fastexcel gives numbers as text with nine decimals (0.666666667, 99999999.989999995), so the numbers are
    asked for too and decide where the text says something else.
    """
    text, number = pl.col("text"), pl.col("number")
    rounded = (text.cast(pl.Float64, strict=False) != number) | text.str.contains(r"^-?\d{7,}\.\d{9}$")
    # A time of day without a date comes as one on the day before Excel's first.
    plain = text.str.replace(r"^1899-12-3[01] ", "")
    frame = pl.DataFrame({"text": texts, "number": numbers})
    return frame.select(
        pl.when(rounded).then(number.cast(pl.String).str.strip_suffix(".0")).otherwise(plain)
    ).to_series()


def _table(cells: pl.DataFrame, layout: FileLayout, limits: ReaderLimits) -> pl.DataFrame:
    """The rows below the header, under its names."""
    has_header = layout.header_row != 0 and not (layout.columns and layout.header_row is None)
    names: Sequence[str] = [""] * cells.width
    rows = cells
    if has_header:
        header = _header(cells, layout)
        names, rows = cells.row(header), cells.slice(header + 1)
    # A column without a name and values (a cell far right that was emptied) is none.
    used = [i for i, name in enumerate(names) if name.strip() or (rows[:, i].str.strip_chars() != "").any()]
    if layout.columns:
        titles = named_by_mapping(layout.columns, len(used), limit=limits.columns)
    else:
        titles = column_names([names[i] for i in used], limit=limits.columns)
    return pl.DataFrame([rows[:, i].alias(title) for i, title in zip(used, titles, strict=True)])


def _above(cells: pl.DataFrame, layout: FileLayout) -> tuple[str, ...]:
    """The rows above the names, the filled cells of each as one line."""
    if not layout.above:
        return ()
    rows = cells.head(_header(cells, layout)).rows()
    return above_names([" ".join(cell.strip() for cell in row if cell.strip()) for row in rows], layout)


def _header(cells: pl.DataFrame, layout: FileLayout) -> int:
    if layout.header:
        for number, row in enumerate(cells.head(_HEADER_ROWS).iter_rows()):
            if has_names(row, layout.header):
                return number
        raise no_such_header(layout.header, f"the first {min(cells.height, _HEADER_ROWS):,} rows")
    if layout.header_row is None:
        filled = cells.select(pl.any_horizontal(pl.all().str.strip_chars() != "")).to_series()
        return filled.arg_max() or 0
    if layout.header_row > cells.height:
        raise Unreadable(
            "no_header",
            f"The mapping says that row {layout.header_row} holds the column names, but the sheet ends with "
            f"row {cells.height}; correct header_row.",
        )
    return layout.header_row - 1


def _frames(tables: dict[str, pl.DataFrame], columns: dict[str, str]) -> Iterator[pl.DataFrame]:
    done = 0
    for sheet, table in tables.items():
        unified = table.rename({title: columns[title.lower()] for title in table.columns})
        missing = [pl.lit(None, pl.String).alias(c) for c in columns.values() if c not in unified.columns]
        numbers = pl.int_range(done + 1, done + table.height + 1, dtype=pl.Int64)
        yield unified.with_columns(numbers.alias(RECORD), pl.lit(sheet).alias(PLACE), *missing)
        done += table.height
