"""What people see on a terminal: sentences and progress. Text from outside is shown harmless."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

CONSOLE = Console(stderr=True)
KEPT = "\u200d"
"""Joins the parts of an emoji; no control character, though Python calls it unprintable."""


def printable(text: object) -> str:
    """On one line, with an escape for whatever could move the cursor, colour the screen or turn the writing.

    So no name of a file can fake lines, hide others or leave the terminal unusable.
    """
    return "".join(
        character
        if character.isprintable() or character in KEPT
        else character.encode("unicode_escape").decode()
        for character in str(text)
    )


def say(text: str, style: str = "") -> None:
    """A sentence for whoever sits at the terminal; what the command is asked for goes to standard output."""
    CONSOLE.print(Text(printable(text), style), soft_wrap=True)


def progress_bar(*, shown: bool = True) -> Progress:
    """A bar while the block runs; none where nobody sits at a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(
        *columns,
        console=CONSOLE,
        transient=True,
        # Rows for standard output go there, and not through the bar's console to standard error.
        redirect_stdout=False,
        disable=not shown or not CONSOLE.is_terminal,
    )
