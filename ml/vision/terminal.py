"""What people see on a terminal: sentences, progress, tables. Text from outside is shown harmless."""

import math
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from ml.vision.evaluate import Evaluation

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


def show_evaluations(evaluations: dict[str, "Evaluation"]) -> None:
    """Print metrics and slices, by dataset."""
    names = dict.fromkeys(name for one in evaluations.values() for name in one.metrics)
    metrics = Table()
    metrics.add_column("metric", no_wrap=True)
    for dataset in evaluations:
        metrics.add_column(_cell(dataset))
    for name in names:
        metrics.add_row(name, *(_figure(name, one.metrics.get(name)) for one in evaluations.values()))
    slices = Table("dataset", "slice", "", "photos", "accuracy", "macro recall", "ece")
    for dataset, one in evaluations.items():
        for row in one.slices.iter_rows(named=True):
            figures = (_figure(name, row[name]) for name in ("photos", "accuracy", "macro_recall", "ece"))
            slices.add_row(_cell(dataset), _cell(row["slice"]), _cell(row["value"]), *figures)
    console = Console()
    console.print(metrics)
    console.print(slices)


def _cell(text: str) -> Text:
    return Text(printable(text))


def _figure(metric: str, value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return ""
    return f"{value:,.0f}" if metric.startswith("photos") else f"{value:.4f}"
