"""What the UI shows of training data and of an evaluation."""

from typing import TYPE_CHECKING

import polars as pl

from retail_assets.refunds.previews import figure_markdown

if TYPE_CHECKING:
    from ml.vision.evaluate import Evaluation


def markdown_table(rows: pl.DataFrame) -> str:
    """A frame as a Markdown table."""
    shown = rows.with_columns(pl.selectors.float().round(3)).select(pl.all().cast(pl.String).fill_null(""))
    rows_of_cells = shown.select(pl.all().str.replace_all("|", "\\|", literal=True)).rows()
    lines = [shown.columns, ["---"] * shown.width, *rows_of_cells]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def evaluation_previews(evaluation: "Evaluation") -> dict[str, str]:
    """Name -> Markdown: figures inline, and tables."""
    from ml.vision.plots import confusion_figure, reliability_figure

    return {
        "confusion": figure_markdown(confusion_figure(evaluation), "Confusion"),
        "reliability": figure_markdown(reliability_figure(evaluation), "Reliability"),
        "per_class": markdown_table(evaluation.per_class),
        "slices": markdown_table(evaluation.slices),
    }
