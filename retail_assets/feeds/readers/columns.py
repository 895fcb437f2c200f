"""The names of records' columns: what the source called them, made fit to be told apart."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from retail_assets.errors import Unreadable
from retail_assets.names import CUT

RECORD, PLACE, MALFORMED = "_record", "_place", "_malformed"
OWN_COLUMNS = (RECORD, PLACE, MALFORMED)
CELLS = "_cells"
"""Where a format tells numbers from texts: what each of a record's cells is, one character a column. Only readers of
such formats write it."""
TEXT_CELL, NUMBER_CELL, LONG_NUMBER = " ", "n", "l"
"""A number of which not all digits are known is a long one."""
FORMULA = "f"
"""Of which the file holds no value: the cell's text is the formula."""
TIME_CELL, DAY_CELL, MOMENT_CELL = "t", "d", "m"
"""A span of time, which may be longer than a day; a date alone; a date with its time."""
DATED = (TIME_CELL, DAY_CELL, MOMENT_CELL)
"""What a spreadsheet also makes of codes that look like one: 7-6, 12:30."""
RAW_CHARACTERS = 10_000
"""So much of a malformed record's text is kept."""


def column_names(given: Iterable[str | None], *, limit: int) -> list[str]:
    """Trim names, number nameless columns (`column_3`) and repeated ones (`price`, `price_2`). Names that differ in
    nothing but capitals are two; DuckDB calls them otherwise, so it has to be asked for columns by their place."""
    taken: set[str] = set()
    names = []
    for position, raw in enumerate(given, start=1):
        name = clean_name(raw or "") or f"column_{position}"
        unique, number = name, 1
        while unique in taken or unique.lower() in (*OWN_COLUMNS, CELLS):
            number += 1
            unique = f"{name}_{number}"
        taken.add(unique)
        names.append(unique)
        if len(names) > limit:
            raise too_many_columns(f"more than {limit:,}", limit)
    return names


def names_in_file(columns: Collection[str]) -> dict[str, str]:
    """What columns are called in the file, by what they are called to be told apart: a column without a name has an
    empty one. A source may have called them so itself."""
    known = {name.lower() for name in columns}

    def in_file(name: str) -> str:
        if re.fullmatch("column_[0-9]+", name):
            return ""
        numbered = re.fullmatch("(.+)_[0-9]+", name)
        return numbered[1] if numbered and numbered[1].lower() in known else name

    return {name: in_file(name) for name in columns}


def clean_name(raw: str) -> str:
    """A name on one line, without invisible characters (NULs, byte order marks, direction marks)."""
    visible = "".join(c for c in raw if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf"))
    return " ".join(visible.split())


def has_names(fields: Iterable[str], names: Iterable[str]) -> bool:
    """Whether all of some names stand among the fields of a line, as people spell them."""
    return _as_spelled(names) <= _as_spelled(fields)


def _as_spelled(names: Iterable[str]) -> set[str]:
    return {clean_name(unicodedata.normalize("NFC", name)).casefold() for name in names}


def no_such_header(names: Sequence[str], looked: str) -> Unreadable:
    return Unreadable(
        "no_header",
        f"A line with the names {', '.join(names)} was expected, but none of {looked} has them; correct `header`.",
    )


def named_by_mapping(names: Sequence[str], found: int, *, limit: int) -> list[str]:
    """The mapping's names, which must be as many as the file has columns."""
    if len(names) != found:
        raise Unreadable(
            "wrong_columns",
            f"The mapping names {len(names)} columns ({', '.join(names)}), but the file has {found}; "
            "name each of them in the file's order.",
        )
    return column_names(names, limit=limit)


def too_many_columns(found: str, limit: int) -> Unreadable:
    return Unreadable(
        "too_many_columns",
        f"A table of at most {limit:,} columns was expected, but this one has {found}; "
        "check the delimiter, or raise RETAIL_MAX_COLUMNS.",
    )


def cut_text(text: str, characters: int = RAW_CHARACTERS) -> str:
    """SQL of a text of which no more than so many characters are quoted; what was cut off is told."""
    cut = f"left({text}, {characters - len(CUT)}) || '{CUT}'"
    return f"case when length({text}) > {characters} then {cut} else {text} end"


def cut_raw(text: str) -> str:
    """A malformed record's text at a length that a person would look at."""
    if len(text) <= RAW_CHARACTERS:
        return text
    return f"{text[:RAW_CHARACTERS]}{CUT} ({len(text):,} characters)"
