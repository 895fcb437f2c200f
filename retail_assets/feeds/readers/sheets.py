"""The sheets of a workbook: which of them are read, and what a person is told of all of them."""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import chain

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


def require_names(names: Mapping[str, Sequence[str]], layout: FileLayout) -> None:
    """Refuse a workbook of which all sheets are meant and one has no name in common with the others: the first row of a
    sheet without names would be taken for them, and its other rows for records of another table."""
    wanted = _wanted(layout)
    if ALL_SHEETS not in wanted or not layout.has_header or layout.columns:
        return
    groups = _with_common_names({s: ns for s, ns in names.items() if s not in wanted and len(ns) > 1})
    if len(groups) < 2:
        return
    main = max(groups, key=lambda group: sum(map(_is_word, chain(*(names[sheet] for sheet in group)))))
    others = [name for group in groups if group is not main for name in group]
    raise Unreadable(
        "no_header",
        f"A row with the names of the columns was expected in each sheet, but {', '.join(others)} has none that "
        f"{', '.join(main)} has. Give each sheet the names, or say in the mapping which sheets are meant: "
        f"`file: {{sheet: [{', '.join(main)}]}}`.",
    )


def _with_common_names(names: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Sheets in groups that have some name in common, each with another of its group. What has no letters, a number or
    a date, is no name that says so."""
    groups: list[tuple[list[str], set[str]]] = []
    for sheet, own in names.items():
        words = {name.casefold() for name in own if _is_word(name)}
        alike = [group for group in groups if group[1] & words]
        groups = [group for group in groups if not group[1] & words]
        groups.append(
            ([*chain(*(sheets for sheets, _ in alike)), sheet], words.union(*(w for _, w in alike)))
        )
    return [sheets for sheets, _ in groups]


def _is_word(name: str) -> bool:
    return any(map(str.isalpha, name)) and not re.fullmatch("column_[0-9]+", name)


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
