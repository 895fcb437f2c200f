"""Large panels in parts: what global models learn from, and what they foretell at a time."""

from collections.abc import Iterator

import numpy as np

from ml.forecasting.series.features import FeatureMaker, attribute_codes
from ml.forecasting.series.history import History

PIECE = 8192
"""Series at a time; more teach nothing more."""


def pieces(history: History, holidays: frozenset[np.datetime64]) -> Iterator[tuple[slice, FeatureMaker]]:
    """The series in parts, each with a maker of its features, so that a large panel needs no more memory than a part.

    What all series have in common is, of a large panel, what a part of some thousands has.
    """
    codes = attribute_codes(history)
    for start in range(0, len(history.panel.series), PIECE):
        rows = slice(start, start + PIECE)
        part = {name: numbers[rows] for name, numbers in codes.items()}
        yield rows, FeatureMaker(history.only(rows), holidays=holidays, codes=part)


def teachers(history: History, seed: int) -> tuple[History, dict[str, np.ndarray]]:
    """Series to learn from, at most some thousands, and the codes of their attributes."""
    count = len(history.panel.series)
    codes = attribute_codes(history)
    if count <= PIECE:
        return history, codes
    rows = np.sort(np.random.default_rng(seed).choice(count, PIECE, replace=False))
    return history.only(rows), {name: numbers[rows] for name, numbers in codes.items()}
