"""Workbooks (Excel, OpenDocument) to records: every cell as text, sheet by sheet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
from retail_assets.feeds.readers.names_again import NamesAgain
from retail_assets.feeds.readers.open_document import read_tables
from retail_assets.feeds.readers.output import only, write_frames
from retail_assets.feeds.readers.records import (
    AboveAgain,
    ReaderLimits,
    RecordSet,
    above_names,
    naming_sheets,
)
from retail_assets.feeds.readers.sheet_cells import SheetCells
from retail_assets.feeds.readers.sheets import (
    chosen_sheets,
    described,
    hidden_sheets,
    left_out,
    require_names,
)
from retail_assets.feeds.readers.workbook import check_workbook, damaged, is_open_document

SEVERAL_SHEETS = "several_sheets"
_HEADER_ROWS = 1_000
"""A header that is found by its names stands among them."""


def read_excel(path: Path, *, layout: FileLayout, out: Path, limits: ReaderLimits) -> RecordSet:
    """Read the sheets that the layout names; a column that a sheet lacks is null there."""
    book = _book(path, limits)
    hidden = book.hidden
    sheets = {name: book.sheets[name] for name in chosen_sheets([*book.sheets], hidden, layout)}
    others = {name: cells for name, cells in book.sheets.items() if name not in sheets}
    rows = {name: _filled_rows(cells.texts) for name, cells in book.sheets.items()}
    filled = {name: rows[name] for name in others if rows[name]}
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
        require_names({name: table.texts.columns for name, table in tables.items()}, layout)
        again = tuple(_names_again(tables, layout))
        above = [
            AboveAgain(f"the sheet {name}", _above(sheets[name].texts, layout), whole=True) for name in tables
        ]
    columns, tables = _under_one_header(tables)
    frames = _frames(tables, columns)
    written = write_frames(frames, columns=columns, out=out, cells=True)
    return RecordSet(
        path=written.path,
        columns=columns,
        format="excel",
        record_count=written.count,
        sheets=tuple(tables),
        left_out=left_out(filled, hidden, layout),
        found_sheets=described(rows, hidden),
        above=above[0].lines,
        above_again=(*above[1:], *again),
    )


@dataclass(frozen=True)
class _Book:
    """The sheets of a workbook in their order, and those that nobody sees."""

    sheets: dict[str, Sheet]
    hidden: set[str]


def _book(path: Path, limits: ReaderLimits) -> _Book:
    told = check_workbook(path, limits)
    if is_open_document(path):
        tables = read_tables(path, limits)
        return _Book({table.name: table.sheet for table in tables}, {t.name for t in tables if t.hidden})
    import fastexcel

    try:
        workbook = fastexcel.read_excel(path)
        names, hidden = workbook.sheet_names, hidden_sheets(workbook)
        sheets = {
            name: read_sheet(
                workbook, name, told.get(name, SheetCells()), partial(cells_shown_as_days, path, name)
            )
            for name in names
        }
        return _Book(sheets, hidden)
    except fastexcel.FastExcelError as error:
        raise damaged(str(error)) from error


def _names_again(tables: dict[str, Sheet], layout: FileLayout) -> Iterator[AboveAgain]:
    """Blocks within the sheets; raises Unreadable where a sheet has names in another order."""
    for name, table in tables.items():
        names = NamesAgain(table.texts.columns, above=bool(layout.above), join=_line)
        names.look(table.texts, first=1)
        yield from (replace(block, place=f"the sheet {name}, {block.place}") for block in names.blocks)


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
    names: Sequence[str] = [""] * cells.width
    rows, first = cells, 0
    if layout.has_header:
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
    return above_names(list(map(_line, rows)), layout)


def _line(cells: Sequence[str]) -> str:
    return " ".join(cell.strip() for cell in cells if cell.strip())


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


def _under_one_header(tables: dict[str, Sheet]) -> tuple[list[str], dict[str, Sheet]]:
    """All columns, and the sheets with their names: what another sheet spells in other capitals is one column."""
    columns: list[str] = []
    named = {}
    for name, table in tables.items():
        own = table.texts.columns
        first = {column.lower(): column for column in reversed(columns)}
        known = {title: first.get(title.lower(), title) for title in own}
        known = {
            title: title if title in columns or there in own else there for title, there in known.items()
        }
        columns += [title for title in known.values() if title not in columns]
        named[name] = Sheet(table.texts.rename(known), table.kinds.rename(known))
    return columns, named


def _frames(tables: dict[str, Sheet], columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    done = 0
    for sheet, table in tables.items():
        texts = table.texts
        missing = [column for column in columns if column not in texts.columns]
        cells = table.kinds.with_columns(pl.lit(TEXT_CELL).alias(column) for column in missing)
        numbers = pl.int_range(done + 1, done + texts.height + 1, dtype=pl.Int64)
        yield texts.with_columns(
            numbers.alias(RECORD),
            pl.lit(sheet).alias(PLACE),
            only(cells, columns).select(pl.concat_str(pl.all()).alias(CELLS)).to_series(),
            *(pl.lit(None, pl.String).alias(column) for column in missing),
        )
        done += texts.height
