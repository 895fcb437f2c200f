"""Temperature and review threshold, against classifiers whose confidence is wrong by a known amount."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.vision.calibrate import (
    LARGEST_REVIEW_SHARE,
    TEMPERATURES,
    fit_temperature,
    review_threshold,
    tempered,
)
from ml.vision.evaluate import Scores, expected_calibration_error
from ml.vision.package import softmax

CLASSES = 5


def honest(seed: int, *, photos: int = 1500) -> Scores:
    """Of a classifier whose confidence is right: labels are drawn from its probabilities."""
    rng = np.random.default_rng(seed)
    probabilities = softmax(rng.normal(0, 2.5, (photos, CLASSES)))
    drawn = (probabilities.cumsum(1) < rng.random((photos, 1))).sum(1).clip(0, CLASSES - 1)
    return Scores(probabilities, np.eye(CLASSES, dtype=bool)[drawn])


@settings(max_examples=8, deadline=None)
@given(st.floats(0.4, 2.5), st.integers(0, 1000))
def test_the_temperature_undoes_known_over_and_underconfidence(excess: float, seed: int) -> None:
    right = honest(seed)
    told = tempered(right, 1 / excess)
    temperature = fit_temperature(told)
    assert temperature == pytest.approx(excess, rel=0.2)
    restored = tempered(told, temperature)
    assert restored.probabilities == pytest.approx(right.probabilities, abs=0.1)
    assert expected_calibration_error(restored) < 0.06


@given(st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=6), st.sampled_from(TEMPERATURES.tolist()))
def test_a_temperature_changes_no_prediction(values: list[float], temperature: float) -> None:
    probabilities = np.array([values]) / sum(values)
    scores = tempered(Scores(probabilities, np.zeros_like(probabilities, bool)), temperature)
    assert scores.probabilities.sum() == pytest.approx(1)
    assert probabilities[0, scores.predicted[0]] == pytest.approx(probabilities.max())


def test_coarse_labels_calibrate_too_and_photos_of_nothing_known_do_not_count() -> None:
    right = honest(3)
    coarse = right.allowed | np.roll(right.allowed, 1, axis=1)
    outside = Scores(np.full((500, CLASSES), 1 / CLASSES), np.zeros((500, CLASSES), bool))
    with_outside = Scores(
        np.concatenate([right.probabilities, outside.probabilities]),
        np.concatenate([right.allowed, outside.allowed]),
    )
    assert fit_temperature(with_outside) == fit_temperature(right)
    assert fit_temperature(outside) == 1.0
    # Twice as many answers count as right as the confidence says: it was too modest.
    assert fit_temperature(Scores(right.probabilities, coarse)) < 1


def two_classes(confidences: list[float], correct: list[bool]) -> Scores:
    first = np.array(confidences)
    allowed = np.array([[fine, False] for fine in correct]).reshape(-1, 2)
    return Scores(np.stack([first, 1 - first], 1), allowed)


PHOTOS = st.lists(
    st.tuples(st.sampled_from([0.55, 0.6, 0.7, 0.8, 0.81, 0.9, 0.95, 0.99]), st.booleans()),
    min_size=1,
    max_size=60,
)


@given(PHOTOS, st.sampled_from([0.5, 0.8, 0.9, 0.97, 1.0]))
def test_what_is_not_reviewed_is_right_as_often_as_promised(
    photos: list[tuple[float, bool]], precision: float
) -> None:
    scores = two_classes(*map(list, zip(*photos, strict=True)))
    threshold = review_threshold(scores, precision=precision)
    reviewed = scores.confidence < threshold
    assert reviewed.sum() <= len(photos) * LARGEST_REVIEW_SHARE + 1
    surer = scores.confidence > threshold
    crowded = surer.sum() < int(len(photos) * (1 - LARGEST_REVIEW_SHARE))
    assert crowded or scores.correct[~reviewed].mean() >= precision or not surer.any()
    # Nobody reviews a photo that could be left: every smaller threshold would break the promise.
    for smaller in set(scores.confidence[reviewed]):
        assert scores.correct[scores.confidence >= smaller].mean() < precision


def test_the_threshold_by_hand() -> None:
    confidences = [0.9, 0.9, 0.8, 0.8, 0.7, 0.7, 0.7, 0.7, 0.6, 0.55]
    correct = [True, True, True, True, True, True, True, True, True, False]
    assert review_threshold(two_classes(confidences, correct), precision=1.0) == 0.6
    # Of equal confidences, one is wrong: they are reviewed together, whichever comes first.
    mixed = [True] * 7 + [False, True, True]
    for order in (mixed, [*mixed[:4], *mixed[7:3:-1], *mixed[8:]]):
        assert review_threshold(two_classes(confidences, order), precision=1.0) == 0.7
    assert review_threshold(two_classes(confidences, [True] * 10)) == 0.55


def test_photos_of_nothing_known_are_for_review() -> None:
    confidences = [0.9] * 80 + [0.6] * 20
    assert review_threshold(two_classes(confidences, [True] * 100)) == 0.6
    assert review_threshold(two_classes(confidences, [True] * 80 + [False] * 20)) == 0.9
