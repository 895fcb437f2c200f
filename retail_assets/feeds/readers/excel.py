"""Workbooks (Excel, OpenDocument) to records: every cell as text, sheet by sheet."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import (
    CELLS,
    DAY_CELL,
    MOMENT_CELL,
    PLACE,
    RECORD,
    TEXT_CELL,
    column_names,
    has_names,
    named_by_mapping,
    no_such_header,
)
from retail_assets.feeds.readers.day_cells import cells_shown_as_days
from retail_assets.feeds.readers.excel_cells import Sheet, read_sheet
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.output import write_frames
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet, above_names, naming_sheets
from retail_assets.feeds.readers.sheets import chosen_sheets, described, hidden_sheets, left_out
from retail_assets.feeds.readers.workbook import check_workbook, damaged

SEVERAL_SHEETS = "several_sheets"
_HEADER_ROWS = 1_000
"""A header that is found by its names stands among them."""


def read_excel(path: Path, *, layout: FileLayout, out: Path, limits: ReaderLimits) -> RecordSet:
    """Read the sheets that the layout names; a column that a sheet lacks is null there."""
    import fastexcel

    formulas = check_workbook(path, limits)
    try:
        workbook = fastexcel.read_excel(path)
        hidden = hidden_sheets(workbook)
        chosen = chosen_sheets(workbook.sheet_names, hidden, layout)
        sheets = {
            name: read_sheet(workbook, name, formulas.get(name, {}), partial(cells_shown_as_days, path, name))
            for name in chosen
        }
        rest = [name for name in workbook.sheet_names if name not in sheets]
        others = {name: read_sheet(workbook, name, {}, shown_as_days=tuple) for name in rest}
    except fastexcel.FastExcelError as error:
        raise damaged(str(error)) from error
    filled = {name: rows for name, cells in others.items() if (rows := _filled_rows(cells.texts))}
    rows = {name: _filled_rows((sheets | others)[name].texts) for name in workbook.sheet_names}
    with naming_sheets(described(rows, hidden)):
        tables = {name: _table(cells, layout, limits) for name, cells in sheets.items() if cells.texts.width}
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
        for title in table.texts.columns:
            columns.setdefault(title.lower(), title)
    frames = _frames(tables, columns)
    written = write_frames(frames, columns=list(columns.values()), out=out, cells=True)
    return RecordSet(
        path=written.path,
        columns=list(columns.values()),
        format="excel",
        record_count=written.count,
        sheets=tuple(tables),
        left_out=left_out(filled, hidden, layout),
        found_sheets=described(rows, hidden),
        above=_above(next(sheet.texts for sheet in sheets.values() if sheet.texts.width), layout),
    )


def _require_only(
    tables: dict[str, Sheet], others: dict[str, Sheet], layout: FileLayout, limits: ReaderLimits
) -> None:
    """Refuse a workbook of whose first sheet another has all columns: its rows would be lost without a word."""
    [(first, table)] = tables.items()
    columns = {title.lower() for title in table.texts.columns}
    for name, cells in others.items():
        if _has_rows(cells, columns, layout, limits):
            raise Unreadable(
                SEVERAL_SHEETS,
                f"One sheet of records was expected, but {name} has the columns of {first} too. Say in the mapping "
                f'which sheets are meant: `file: {{sheet: "{first}"}}` for one, `file: {{sheet: "*"}}` for all.',
            )


def _has_rows(cells: Sheet, columns: set[str], layout: FileLayout, limits: ReaderLimits) -> bool:
    """Whether a sheet has rows with all of these columns."""
    try:
        table = _table(cells, layout, limits).texts
    except Unreadable:  # a sheet that is no such table
        return False
    return columns <= {title.lower() for title in table.columns} and _filled_rows(table) > 0


def _filled_rows(cells: pl.DataFrame) -> int:
    """Rows in which anything stands."""
    if not cells.width:
        return 0
    return cells.select((pl.any_horizontal(pl.all().str.strip_chars() != "")).sum()).item()


def _table(sheet: Sheet, layout: FileLayout, limits: ReaderLimits) -> Sheet:
    """The rows below the header, under its names."""
    cells = sheet.texts
    has_header = layout.header_row != 0 and not (layout.columns and layout.header_row is None)
    names: Sequence[str] = [""] * cells.width
    rows, first = cells, 0
    if has_header:
        header = _header(cells, layout)
        first = header + 1
        kinds = sheet.kinds.row(header)
        names = [_name(text, kind) for text, kind in zip(cells.row(header), kinds, strict=True)]
        rows = cells.slice(first)
    # A column without a name and values (a cell far right that was emptied) is none.
    used = [i for i, name in enumerate(names) if name.strip() or (rows[:, i].str.strip_chars() != "").any()]
    if layout.columns:
        titles = named_by_mapping(layout.columns, len(used), limit=limits.columns)
    else:
        titles = column_names([names[i] for i in used], limit=limits.columns)
    named = list(zip(used, titles, strict=True))
    return Sheet(
        texts=pl.DataFrame([rows[:, i].alias(title) for i, title in named]),
        kinds=pl.DataFrame([sheet.kinds[:, i].slice(first).alias(title) for i, title in named]),
    )


def _name(text: str, kind: str) -> str:
    """What a cell of the header calls its column: a date without a time is one."""
    return text.removesuffix(" 00:00:00") if kind in (DAY_CELL, MOMENT_CELL) else text


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


def _frames(tables: dict[str, Sheet], columns: dict[str, str]) -> Iterator[pl.DataFrame]:
    done = 0
    for sheet, table in tables.items():
        named = {title: columns[title.lower()] for title in table.texts.columns}
        unified, kinds = table.texts.rename(named), table.kinds.rename(named)
        missing = [c for c in columns.values() if c not in unified.columns]
        cells = kinds.with_columns(pl.lit(TEXT_CELL).alias(c) for c in missing)
        numbers = pl.int_range(done + 1, done + unified.height + 1, dtype=pl.Int64)
        yield unified.with_columns(
            numbers.alias(RECORD),
            pl.lit(sheet).alias(PLACE),
            cells.select(pl.concat_str(columns.values()).alias(CELLS)).to_series(),
            *(pl.lit(None, pl.String).alias(c) for c in missing),
        )
        done += unified.height
