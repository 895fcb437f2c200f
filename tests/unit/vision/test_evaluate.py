"""Measurements of a classifier, against numbers worked out by hand."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from ml.vision.data import DatasetError, LabelledImages
from ml.vision.evaluate import Evaluation, Scores, evaluate, expected_calibration_error, measure, score
from ml.vision.labels import CLASSES, INDEX
from tests.unit.vision.drawings import by_colour, coloured, labelled


def scores(*rows: tuple[str, float, list[str]]) -> Scores:
    """Of photos by predicted class, confidence and the classes that count as right."""
    probabilities = np.array([np.full(27, (1 - confidence) / 26) for _, confidence, _ in rows], np.float32)
    for number, (predicted, confidence, _) in enumerate(rows):
        probabilities[number, INDEX[predicted]] = confidence
    return Scores(probabilities, np.array([np.isin(CLASSES, right) for _, _, right in rows]))


EIGHT = scores(
    ("Belts", 0.95, ["Belts"]),
    ("Belts", 0.85, ["Belts"]),
    ("Belts", 0.75, ["Watches"]),  # wrong
    ("Watches", 0.65, ["Watches"]),
    ("Tops", 0.9, ["Tops", "Tshirts"]),
    ("Belts", 0.3, ["Tops", "Tshirts"]),  # wrong
    ("Belts", 0.5, []),
    ("Watches", 0.4, []),
)


def test_accuracy_and_macro_recall() -> None:
    metrics = measure(EIGHT).metrics
    assert metrics["photos"] == 6
    assert metrics["photos_outside"] == 2
    assert metrics["accuracy"] == pytest.approx(4 / 6)
    assert metrics["macro_recall"] == pytest.approx((1 + 1 / 2) / 2), "Belts 2 of 2, Watches 1 of 2"
    assert metrics["naive_accuracy"] == pytest.approx(2 / 4)
    assert metrics["mean_confidence"] == pytest.approx((0.95 + 0.85 + 0.75 + 0.65 + 0.9 + 0.3) / 6)


def test_the_gap_to_photos_of_nothing_known() -> None:
    gap = measure(EIGHT).metrics["confidence_gap_to_outside"]
    assert gap == pytest.approx(4.4 / 6 - 0.45)


def test_confusion_and_per_class_are_of_photos_with_one_right_class() -> None:
    evaluation = measure(EIGHT)
    assert evaluation.confusion.sum() == 4
    belts, watches = INDEX["Belts"], INDEX["Watches"]
    assert evaluation.confusion[belts, belts] == 2
    assert evaluation.confusion[watches, belts] == 1
    assert evaluation.confusion[watches, watches] == 1
    rows = {row["class"]: row for row in evaluation.per_class.iter_rows(named=True)}
    assert list(rows) == list(CLASSES)
    assert rows["Belts"] == {
        "class": "Belts",
        "photos": 2,
        "recall": 1.0,
        "precision": pytest.approx(2 / 3),
        "f1": pytest.approx(4 / 5),
    }
    assert rows["Watches"]["recall"] == 0.5
    assert rows["Jeans"]["photos"] == 0
    assert rows["Jeans"]["recall"] is None
    assert rows["Jeans"]["precision"] is None


def test_expected_calibration_error() -> None:
    # Bins of a fifteenth: .95 and .94 share one (one of two right), .5 has its own (right).
    three = scores(("Belts", 0.95, ["Belts"]), ("Belts", 0.94, ["Tops"]), ("Belts", 0.5, ["Belts"]))
    assert expected_calibration_error(three) == pytest.approx((2 * (0.945 - 0.5) + (1 - 0.5)) / 3, abs=1e-6)
    evaluation = measure(three)
    assert evaluation.reliability["photos"].to_list() == [1, 2]
    assert evaluation.reliability["accuracy"].to_list() == [1.0, 0.5]
    assert evaluation.reliability["bin_start"].to_list() == pytest.approx([7 / 15, 14 / 15])


def test_full_confidence_has_a_bin() -> None:
    sure = scores(("Belts", 1.0, ["Belts"]), ("Tops", 1.0, ["Belts"]))
    assert expected_calibration_error(sure) == pytest.approx(0.5)


def test_the_share_of_mistakes_among_the_least_confident_tenth() -> None:
    right = [("Belts", 0.5 + number / 100, ["Belts"]) for number in range(27)]
    wrong = [("Belts", 0.2, ["Tops"]), ("Belts", 0.21, ["Tops"]), ("Belts", 0.99, ["Tops"])]
    metrics = measure(scores(*right, *wrong)).metrics
    assert metrics["mistakes_in_least_confident_tenth"] == pytest.approx(2 / 3)
    assert "mistakes_in_least_confident_tenth" not in measure(scores(*right)).metrics


def test_slices_measure_each_group_alone() -> None:
    groups = np.array(["a"] * 4 + ["b"] * 3 + ["c"])
    slices = {row["value"]: row for row in measure(EIGHT, slices={"source": groups}).slices.to_dicts()}
    assert slices["a"]["slice"] == "source"
    assert (slices["a"]["photos"], slices["b"]["photos"], slices["c"]["photos"]) == (4, 3, 1)
    assert slices["a"]["accuracy"] == pytest.approx(3 / 4)
    assert slices["a"]["macro_recall"] == pytest.approx(3 / 4)
    assert slices["b"]["accuracy"] == pytest.approx(1 / 2), "of its two photos of something known"
    assert slices["b"]["mean_confidence"] == pytest.approx((0.9 + 0.3 + 0.5) / 3)
    assert math.isnan(slices["b"]["macro_recall"])
    assert math.isnan(slices["c"]["accuracy"])


@pytest.mark.parametrize("kept", [[6, 7], []])
def test_without_photos_of_known_classes_there_is_little_to_say(kept: list[int]) -> None:
    evaluation = measure(EIGHT.where(np.array(kept, int)))
    assert math.isnan(evaluation.metrics["accuracy"])
    assert math.isnan(evaluation.metrics["ece"])
    assert "confidence_gap_to_outside" not in evaluation.metrics
    assert "naive_accuracy" not in evaluation.metrics


def one_of_each() -> LabelledImages:
    """Right, wrong, unreadable. The unreadable one is of the class with number 0, the first guess of nothing."""
    images = [coloured("Belts", 0.9), coloured("Tops", 0.6), b"no photo"]
    labels = ["Belts", "Belts", CLASSES[0]]
    allowed = np.array([np.isin(CLASSES, [label]) for label in labels])
    return LabelledImages(list(images), labels, allowed, ["x", "y", "y"])


def test_photos_that_cannot_be_read_are_counted_and_measured_nowhere() -> None:
    evaluation: Evaluation = evaluate(by_colour(), one_of_each())  # ty: ignore[invalid-argument-type]
    assert evaluation.metrics["photos"] == 2
    assert evaluation.metrics["photos_unreadable"] == 1
    assert evaluation.metrics["accuracy"] == 0.5
    assert evaluation.confusion.sum() == 2
    sizes = evaluation.slices.filter(slice="size")
    assert sizes["value"].to_list() == ["thumbnail"]
    assert sizes["photos"].to_list() == [2]


def test_a_set_without_a_readable_photo_is_said_to_be_so() -> None:
    with pytest.raises(DatasetError, match=r"None of the 1 photos can be read\."):
        evaluate(by_colour(), one_of_each().select([2]))  # ty: ignore[invalid-argument-type]


def test_scoring_reports_its_progress_and_gives_rows() -> None:
    photos = labelled(("Belts",), 5)
    done: list[int] = []
    broken = LabelledImages([b"", *photos.images[1:]], photos.labels, photos.allowed, photos.sources)
    found, rows = score(by_colour(), broken, batch_size=2, advance=done.append)  # ty: ignore[invalid-argument-type]
    assert done == [2, 2, 1]
    assert rows.tolist() == [1, 2, 3, 4]
    assert found.probabilities.shape == (4, 27)


@pytest.mark.parametrize(("side", "size"), [(80, "thumbnail"), (81, "small"), (160, "small"), (161, "large")])
def test_photos_are_sliced_by_their_longer_side(side: int, size: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (side, 20)).save(buffer, "PNG")
    one = LabelledImages([buffer.getvalue()], ["Belts"], np.isin([CLASSES], ["Belts"]), ["x"])
    slices = evaluate(by_colour(), one).slices  # ty: ignore[invalid-argument-type]
    assert slices.filter(slice="size")["value"].to_list() == [size]
