"""The sheets of a workbook: which of them are read, and what a person is told of all of them."""

from collections.abc import Collection, Mapping, Sequence

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.layout import FileLayout

ALL_SHEETS = "*"


def hidden_sheets(workbook) -> set[str]:
    """Those that nobody sees who opens the workbook."""
    return {
        name
        for name in workbook.sheet_names
        if workbook.load_sheet(name, header_row=None, n_rows=0).visible != "visible"
    }


def chosen_sheets(found: Sequence[str], hidden: Collection[str], layout: FileLayout) -> list[str]:
    """The sheets that the layout means. A hidden one has to be named: what nobody sees may be anything."""
    seen = [name for name in found if name not in hidden]
    if layout.sheet == ALL_SHEETS:
        return seen
    if layout.sheet is None:
        return seen[:1]
    wanted = [layout.sheet] if isinstance(layout.sheet, str) else list(layout.sheet)
    missing = [sheet for sheet in wanted if sheet not in found]
    if missing:
        raise Unreadable(
            "no_sheet",
            f"The mapping expects the sheet {', '.join(missing)}, but the workbook has {', '.join(found)}; "
            "correct sheet, or send the workbook with it.",
        )
    return wanted


def described(rows: Mapping[str, int], hidden: Collection[str]) -> tuple[str, ...]:
    """Sheets with their filled rows, in words."""
    return tuple(
        f"{name} ({count:,} rows{', hidden' if name in hidden else ''})" for name, count in rows.items()
    )
