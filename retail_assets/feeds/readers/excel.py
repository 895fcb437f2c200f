"""Workbooks (Excel, OpenDocument) to records: every cell as text, sheet by sheet."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import PLACE, RECORD, column_names, named_by_mapping
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.output import write_frames
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet, naming_sheets
from retail_assets.feeds.readers.sheets import chosen_sheets, described, hidden_sheets
from retail_assets.feeds.readers.workbook import check_workbook, damaged

SEVERAL_SHEETS = "several_sheets"
_ERROR = re.compile(r"Error\((\w+)\)")
_ERRORS = {"NA": "#N/A", "Div0": "#DIV/0!", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!"}
_ERRORS |= {"Ref": "#REF!", "Value": "#VALUE!"}


def read_excel(path: Path, *, layout: FileLayout, out: Path, limits: ReaderLimits) -> RecordSet:
    """Read the sheets that the layout names; a column that a sheet lacks is null there."""
    import fastexcel

    check_workbook(path, limits)
    try:
        workbook = fastexcel.read_excel(path)
        hidden = hidden_sheets(workbook)
        chosen = chosen_sheets(workbook.sheet_names, hidden, layout)
        sheets = {name: _cells(workbook, name) for name in chosen}
        others = {name: _cells(workbook, name) for name in workbook.sheet_names if name not in sheets}
    except fastexcel.FastExcelError as error:
        raise damaged(str(error)) from error
    filled = {name: rows for name, cells in others.items() if (rows := _filled_rows(cells))}
    left_out = tuple(f"the sheet {one}" for one in described(filled, hidden))
    rows = {name: _filled_rows((sheets | others)[name]) for name in workbook.sheet_names}
    with naming_sheets(described(rows, hidden)):
        tables = {name: _table(cells, layout, limits) for name, cells in sheets.items() if cells.width}
        if not tables:
            raise Unreadable(
                "empty",
                "A table was expected, but there is none in the sheet "
                f"{', '.join(sheets) or 'that is seen'}; name the right one in the mapping (`sheet`).",
            )
        if layout.sheet is None:
            seen = {name: others[name] for name in filled if name not in hidden}
            _require_only(tables, seen, layout, limits)
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
        found_sheets=described(rows, hidden),
    )


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


def _header(cells: pl.DataFrame, layout: FileLayout) -> int:
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
