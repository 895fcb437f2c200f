"""Names of files: how well patterns fit them, and parts of them."""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

import duckdb

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.layout import ABOVE
from retail_assets.feeds.readers.records import AboveAgain
from retail_assets.sql import literal

_BRACKET, _WILD = re.compile(r"\[!?+\]?+[^]]*+\]"), re.compile("[*?]")
"""What stands for one character of a choice, as fnmatch reads it, and what stands for any."""


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"enable_external_access": False, "threads": 1})


@lru_cache(maxsize=10_000)
def name_parts(pattern: str, name: str) -> dict[str, str] | None:
    """The named groups of a regular expression that is found anywhere in a name, empty where a group has no part in
    it; None when it is not found. Raises duckdb.Error for a pattern that RE2 does not know: its time grows with the
    name and not with the pattern's ways."""
    groups = re.compile(pattern)
    listed = ", ".join(literal(f"g{number}") for number in range(1, groups.groups + 1))
    with _engine().cursor() as cursor:
        cursor.execute(
            f"select regexp_matches($name, {literal(pattern)}), regexp_extract($name, {literal(pattern)}, [{listed}])",
            {"name": name.encode(errors="replace").decode()},  # a name may be no text
        )
        found, parts = cursor.fetchone() or (False, {})
    return {group: parts[f"g{number}"] for group, number in groups.groupindex.items()} if found else None


def fit(name: str, patterns: Iterable[str]) -> int:
    """How many characters of a file's name the pattern says that fits best; -1 when none fits."""
    fits = (pattern for pattern in patterns if fnmatch.fnmatchcase(name.lower(), pattern.lower()))
    return max((len(_WILD.sub("", _BRACKET.sub("x", pattern))) for pattern in fits), default=-1)


def values_above(
    lines: Sequence[str], patterns: Sequence[str], *, again: Sequence[AboveAgain] = ()
) -> dict[str, str]:
    """What regular expressions find in the lines above a table, each group as `above.NAME`; raises Unreadable where one
    finds nothing, or something else above another table of the file, since a file has one value of each."""
    text, found = "\n".join(lines), {}
    for pattern in patterns:
        parts = name_parts(pattern, text)
        if parts is None:
            said = " / ".join(line for line in lines if line.strip())[:300]
            raise Unreadable(
                "nothing_above",
                f"Above the names of the columns something was expected that fits `{pattern}`, but there stands "
                f"{said or 'nothing'}; correct `file.above`.",
            )
        found |= {f"{ABOVE}{name}": value for name, value in parts.items()}
        for other in again:
            parts_there = name_parts(pattern, "\n".join(other.lines))
            if parts_there != parts and (other.whole or parts_there is not None):
                raise _other_above(other, pattern, parts, parts_there)
    return found


def _other_above(
    other: AboveAgain, pattern: str, parts: dict[str, str], there: dict[str, str] | None
) -> Unreadable:
    said = {name: value for name, value in (there or {}).items() if parts[name] != value}
    first = ", ".join(f"{name} {parts[name]}" for name in said or parts)[:300]
    now = ", ".join(f"{name} {value}" for name, value in said.items())[:300]
    return Unreadable(
        "several_above",
        f"Above all records of a file one text was expected that fits `{pattern}`, but above the first there stands "
        f"{first}, above {other.place} {now or 'none'}. Send each table as a file of its own, or name one sheet in "
        "`file.sheet`.",
    )
