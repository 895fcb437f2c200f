"""Tables of evaluations on a terminal."""

import math
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ml.terminal import printable

if TYPE_CHECKING:
    from ml.vision.evaluate import Evaluation


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
