"""Pictures of an evaluation, for people who would rather look than read. Figures belong to no window."""

from typing import TYPE_CHECKING

import numpy as np

from ml.vision.labels import CLASSES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ml.vision.evaluate import Evaluation
    from ml.vision.train import EpochMetrics


def confusion_figure(evaluation: "Evaluation") -> "Figure":
    """Shares of each class by what was predicted; the diagonal is right."""
    from matplotlib.figure import Figure

    confusion = evaluation.confusion
    shares = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
    figure = Figure(figsize=(10, 9), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    places = np.arange(len(CLASSES))
    axes.set_xticks(places, CLASSES, rotation=90, fontsize=8)
    axes.set_yticks(places, CLASSES, fontsize=8)
    axes.set_xlabel("predicted")
    axes.set_ylabel("right")
    for row, column in zip(*np.nonzero(shares >= 0.05), strict=True):
        value = shares[row, column]
        colour = "white" if value > 0.5 else "black"
        axes.text(column, row, f"{value:.0%}".rstrip("%"), ha="center", va="center", fontsize=6, color=colour)
    figure.colorbar(image, ax=axes, shrink=0.6, label="share of the class")
    axes.set_title(f"Confusion, {confusion.sum():,} photos (per cent of the row)")
    return figure


def reliability_figure(evaluation: "Evaluation") -> "Figure":
    """How often predictions of a confidence are right; on the diagonal, confidence means what it says."""
    from matplotlib.figure import Figure

    table = evaluation.reliability
    figure = Figure(figsize=(5, 6), layout="constrained")
    curve, counts = figure.subplots(2, 1, height_ratios=[3, 1], sharex=True)
    curve.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1)
    curve.plot(table["mean_confidence"], table["accuracy"], marker="o")
    curve.set_ylabel("share that is right")
    curve.set_title(f"Expected calibration error {evaluation.metrics['ece']:.3f}")
    counts.bar(table["mean_confidence"], table["photos"], width=0.04)
    counts.set_yscale("log")
    counts.set_ylabel("photos")
    counts.set_xlabel("confidence")
    counts.set_xlim(0, 1)
    return figure


def recall_figure(evaluation: "Evaluation") -> "Figure":
    """Recall per class, the weakest on top."""
    from matplotlib.figure import Figure

    table = evaluation.per_class.drop_nulls("recall").sort("recall", descending=True)
    figure = Figure(figsize=(7, 0.3 * len(table) + 1.5), layout="constrained")
    axes = figure.add_subplot()
    labels = [f"{name} ({photos})" for name, photos in zip(table["class"], table["photos"], strict=True)]
    axes.barh(labels, table["recall"])
    axes.set_xlim(0, 1)
    axes.set_xlabel("recall")
    axes.grid(axis="x", alpha=0.3)
    return figure


def history_figure(history: "list[EpochMetrics]") -> "Figure":
    """Loss by epoch; a new input size is named where it begins."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([one.epoch + 1 for one in history], [one.loss for one in history], marker="o")
    size = None
    for one in history:
        if size != (one.width, one.height):
            size = (one.width, one.height)
            axes.annotate(
                f"{one.width}x{one.height}",
                (one.epoch + 1, one.loss),
                textcoords="offset points",
                xytext=(0, 8),
            )
    axes.set_xlabel("epoch")
    axes.set_ylabel("training loss")
    return figure
