"""The sheets of a workbook: which of them are read, and what a person is told of all of them."""

from collections.abc import Collection, Mapping, Sequence

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.totals import names_total

ALL_SHEETS = "*"


def hidden_sheets(workbook) -> set[str]:
    """Those that nobody sees who opens the workbook."""
    return {
        name
        for name in workbook.sheet_names
        if workbook.load_sheet(name, header_row=None, n_rows=0).visible != "visible"
    }


def chosen_sheets(found: Sequence[str], hidden: Collection[str], layout: FileLayout) -> list[str]:
    """The sheets that the layout means. A hidden one has to be named: what nobody sees may be anything. So has one
    that is called like the sum of the others."""
    seen = [name for name in found if name not in hidden]
    if layout.sheet is None:
        return seen[:1]
    wanted = _wanted(layout)
    missing = [sheet for sheet in wanted if sheet not in (*found, ALL_SHEETS)]
    if missing:
        raise Unreadable(
            "no_sheet",
            f"The mapping expects the sheet {', '.join(missing)}, but the workbook has {', '.join(found)}; "
            "correct sheet, or send the workbook with it.",
        )
    if ALL_SHEETS not in wanted:
        return wanted
    parts = [name for name in seen if not names_total(name)] or seen
    return [name for name in found if name in {*parts, *wanted}]


def _wanted(layout: FileLayout) -> list[str]:
    return [layout.sheet] if isinstance(layout.sheet, str) else list(layout.sheet or ())


def left_out(rows: Mapping[str, int], hidden: Collection[str], layout: FileLayout) -> tuple[str, ...]:
    """The sheets that are not read, in words."""
    every = ALL_SHEETS in _wanted(layout)
    why = " that is called like the sum of the others: name it beside `*` if it is another"
    sums = {name for name in rows if every and name not in hidden}
    told = zip(rows, described(rows, hidden), strict=True)
    return tuple(f"the sheet {said}{why if name in sums else ''}" for name, said in told)


def described(rows: Mapping[str, int], hidden: Collection[str]) -> tuple[str, ...]:
    """Sheets with their filled rows, in words."""
    return tuple(
        f"{name} ({count:,} rows{', hidden' if name in hidden else ''})" for name, count in rows.items()
    )
