"""The console of a command. What comes from outside is shown harmless."""

import atexit
import os
from argparse import ArgumentTypeError
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from retail_assets.names import printable


class Terminal:
    """Where a command speaks to a person; errors go to standard error."""

    def __init__(self) -> None:
        self._console = Console(stderr=False, highlight=False, soft_wrap=True)

    def say(self, text: str, style: str = "") -> None:
        text = escape(printable(text))
        self._console.print(f"[{style}]{text}[/]" if style else text)

    def fail(self, sentence: str) -> None:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]{escape(printable(sentence))}[/]")

    def show(self, table: Table) -> None:
        # Wide terminals are used, narrow ones wrap: nothing is cut off.
        for column in table.columns:
            column.overflow = "fold"
        Console(highlight=False).print(table)


def day(text: str) -> date:
    """The type of an argument that is a day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day; write yyyy-mm-dd, for example 2026-11-20") from None


def end_quietly() -> None:
    """Say nothing while the interpreter takes itself down; call it first of all.

    Torch keeps modules alive past their end, DuckDB's among them, and nanobind reports each of its objects as leaked.
    """
    atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 2))


def cell(value: object) -> str:
    """A value in a table."""
    return escape(printable("" if value is None else str(value)))
