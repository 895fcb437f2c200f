"""Names: those of files as text, and those of what flows bring, which stand for one thing each."""

import logging
import re
from collections.abc import Iterable
from typing import TypeVar

from retail_assets.errors import ExplainedError

_Thing = TypeVar("_Thing")

SHOWN_CHARACTERS = 200
"""So much is quoted of a name that a file gives, which may be megabytes."""
CUT = "…"
"""The end of what was longer."""
_MARGIN = "    "
"""Before every line of a log but the first of a record, so that nobody makes up a record by a line break."""


class NameTaken(ExplainedError):
    """A name that stands for two things; the text says whose they are."""


def by_name(
    what: str, brought: Iterable[tuple[str, str, _Thing]], *, shared: bool = False
) -> dict[str, _Thing]:
    """Things by name, given as (name, who brings it, thing).

    Raises NameTaken for a name that comes twice; where things may be `shared`, for one that means two of them.
    """
    found: dict[str, tuple[str, _Thing]] = {}
    for name, whose, thing in brought:
        if name in found and not (shared and found[name][1] == thing):
            raise NameTaken(
                f"{found[name][0]} and {whose} both have the {what} {name}: give one of them another."
            )
        found[name] = (whose, thing)
    return {name: thing for name, (_, thing) in found.items()}


def in_order(name: str) -> tuple[list[str | int], str]:
    """By what names are sorted as people count: `till_9.csv` before `till_10.csv`."""
    parts = re.split(r"([0-9]+)", name)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name


def printable(name: str) -> str:
    """A file's name as text that any database and any screen takes; what is not text is escaped."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shortened(name: str) -> str:
    """A name at a length that a person would look at."""
    return name if len(name) <= SHOWN_CHARACTERS else f"{name[:SHOWN_CHARACTERS]}{CUT}"


class PrintableLogger(logging.Logger):
    """A logger that quotes names and decisions as any screen takes them: none orders a terminal about, or is a line
    that looks like a record of its own."""

    def __init__(self, name: str, level: int = logging.NOTSET) -> None:
        super().__init__(name, level)
        self.addFilter(printable_record)


def printable_record(record: logging.LogRecord) -> bool:
    """The same as a filter; it passes everything on."""
    if record.exc_info:
        record.exc_text = _MARGIN + _printable_lines(logging.Formatter().formatException(record.exc_info))
    record.msg, record.args = _printable_lines(record.getMessage()), ()
    return True


def _printable_lines(text: str) -> str:
    return f"\n{_MARGIN}".join(printable(line) for line in text.split("\n"))


def is_plain(name: str) -> bool:
    """False for names that could mean something else to whoever reads them later."""
    return printable(name) == name and "\\" not in name
