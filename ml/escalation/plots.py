"""Pictures of an evaluation. Figures belong to no window."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from ml.escalation.evaluate import Evaluation


def roc_figure(evaluation: "Evaluation") -> "Figure":
    """Escalations found against false alarms; on the diagonal, scores rank no better than chance."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1)
    axes.plot(evaluation.roc["false_positive_rate"], evaluation.roc["true_positive_rate"])
    axes.set_xlabel("share of other cases")
    axes.set_ylabel("share of escalations")
    axes.set_title(f"AUC {evaluation.metrics['auc']:.3f}, {evaluation.metrics['cases']:,.0f} cases")
    return figure


def reliability_figure(evaluation: "Evaluation") -> "Figure":
    """How often cases of a score escalate; on the diagonal, the score means what it says."""
    from matplotlib.figure import Figure

    table = evaluation.reliability
    figure = Figure(figsize=(5, 6), layout="constrained")
    curve, counts = figure.subplots(2, 1, height_ratios=[3, 1], sharex=True)
    curve.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1)
    curve.plot(table["mean_score"], table["escalated"], marker="o")
    curve.set_ylabel("share that escalated")
    curve.set_title(f"Expected calibration error {evaluation.metrics['ece']:.3f}")
    counts.bar(table["mean_score"], table["cases"], width=0.05)
    counts.set_ylabel("cases")
    counts.set_xlabel("score")
    counts.set_xlim(0, 1)
    return figure


def reasons_figure(reasons: "pl.DataFrame") -> "Figure":
    """How often each reason is named, and for which part of these cases it increases the risk."""
    from matplotlib.figure import Figure

    table = reasons.reverse()
    figure = Figure(figsize=(7, 0.3 * max(len(table), 1) + 1.5), layout="constrained")
    axes = figure.add_subplot()
    increases = (table["share"] * table["increases"]).to_list()
    decreases = (table["share"] * (1 - table["increases"])).to_list()
    codes = table["code"].to_list()
    axes.barh(codes, increases, label="increases the risk")
    axes.barh(codes, decreases, left=increases, label="decreases it")
    axes.set_xlabel("share of cases")
    axes.legend()
    axes.grid(axis="x", alpha=0.3)
    return figure


def scores_figure(scores: "pl.Series") -> "Figure":
    """How many cases have which score."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.add_subplot()
    axes.hist(scores.to_numpy(), bins=20, range=(0, 1))
    axes.set_xlabel("score")
    axes.set_ylabel("cases")
    axes.set_xlim(0, 1)
    return figure


def drift_figure(drifted: "pl.DataFrame") -> "Figure":
    """The population stability of scores and features, the most moved on top; beyond the line much has changed."""
    from matplotlib.figure import Figure

    from ml.stability import MUCH

    table = drifted.head(20).reverse()
    figure = Figure(figsize=(7, 0.3 * max(len(table), 1) + 1.5), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(table["name"].to_list(), table["psi"].to_list())
    axes.axvline(MUCH, color="grey", linestyle="--", linewidth=1)
    axes.set_xlabel("population stability index")
    return figure


def write_figures(evaluation: "Evaluation", folder: Path) -> None:
    """All of them as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    roc_figure(evaluation).savefig(folder / "roc.png")
    reliability_figure(evaluation).savefig(folder / "reliability.png")
    reasons_figure(evaluation.reasons).savefig(folder / "reasons.png")
