"""Figures of an evaluation become pictures, whatever there is to show."""

import io

import numpy as np
import pytest
from matplotlib.patches import Rectangle
from PIL import Image

from ml.vision.evaluate import Evaluation, Scores, measure
from ml.vision.labels import CLASSES
from ml.vision.plots import confusion_figure, history_figure, recall_figure, reliability_figure
from ml.vision.training_pipeline import Built


def size(figure) -> tuple[int, int]:
    """Of the figure as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=40)
    with Image.open(buffer) as picture:
        assert picture.format == "PNG"
        return picture.size


def nothing_known() -> Evaluation:
    return measure(Scores(np.full((3, len(CLASSES)), 1 / len(CLASSES)), np.zeros((3, len(CLASSES)), bool)))


@pytest.mark.parametrize("draw", [confusion_figure, reliability_figure, recall_figure])
def test_an_evaluation_is_drawn_even_when_it_is_of_nothing_known(draw, built: Built) -> None:
    for evaluation in (built.evaluations["all"], nothing_known()):
        width, height = size(draw(evaluation))
        assert min(width, height) > 30


def test_the_confusion_names_all_classes(built: Built) -> None:
    axes = confusion_figure(built.evaluations["all"]).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(CLASSES)
    assert "18 photos" in axes.get_title()


def test_the_weakest_class_is_on_top(built: Built) -> None:
    axes = recall_figure(built.evaluations["all"]).axes[0]
    widths = [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)]
    assert len(widths) == 3
    assert widths[-1] == min(widths)


def test_the_loss_by_epoch(built: Built) -> None:
    figure = history_figure(built.trained.history)
    assert [text.get_text() for text in figure.axes[0].texts] == ["24x32"]
    assert min(size(figure)) > 30
