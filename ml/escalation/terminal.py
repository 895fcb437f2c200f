"""Tables of an evaluation on a terminal."""

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ml.escalation.evaluate import Evaluation
from ml.terminal import printable


def show_evaluation(evaluation: Evaluation) -> None:
    """Print metrics, slices, fairness and how often each reason is named."""
    console = Console()
    metrics = pl.DataFrame(
        {"metric": list(evaluation.metrics), "value": list(evaluation.metrics.values())}, strict=False
    )
    for table in (metrics, evaluation.slices, evaluation.fairness, evaluation.reasons):
        if len(table):
            console.print(_table(table))


def _table(frame: pl.DataFrame) -> Table:
    table = Table(*frame.columns)
    for row in frame.iter_rows():
        table.add_row(*(Text(printable(_figure(value))) for value in row))
    return table


def _figure(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return "" if value != value else f"{value:,.0f}" if value >= 2 else f"{value:.4f}"
