"""Pictures of what a night told, for the UI."""

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figures(told: pl.DataFrame) -> "dict[str, Figure]":
    """How the scores are spread, and how often each reason is named; none where none was told."""
    if told.is_empty():
        return {}
    from ml.escalation.evaluate import reason_frequency
    from ml.escalation.plots import reasons_figure, scores_figure

    return {
        "score_distribution": scores_figure(told["score"]),
        "reason_frequency": reasons_figure(reason_frequency(told)),
    }
