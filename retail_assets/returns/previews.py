"""Pictures of what a night told, for the UI."""

import polars as pl

from retail_assets.kit.previews import figure_markdown


def previews(told: pl.DataFrame) -> dict[str, str]:
    """Name -> Markdown: how the scores are spread, and how often each reason is named; none where none was told."""
    if told.is_empty():
        return {}
    from ml.escalation.evaluate import reason_frequency
    from ml.escalation.plots import reasons_figure, scores_figure

    return {
        "score_distribution": figure_markdown(scores_figure(told["score"]), "scores"),
        "reason_frequency": figure_markdown(reasons_figure(reason_frequency(told)), "reasons"),
    }
