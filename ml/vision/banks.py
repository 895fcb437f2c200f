"""Labelled photos decoded once, as training wants them: by size, in arrays it draws batches from."""

from dataclasses import dataclass

import numpy as np

from ml.vision.data import LabelledImages
from ml.vision.image_files import DEFAULT_LIMITS, UnreadableImage
from ml.vision.images import decode_image, inspect_image


@dataclass(frozen=True)
class Bank:
    """Decoded photos of about one size: pixels uint8 [n, 3, height, width], and their rows in the dataset."""

    pixels: np.ndarray
    rows: np.ndarray


def decode_banks(labelled: LabelledImages, *, frames: list[tuple[int, int]]) -> tuple[list[Bank], list[int]]:
    """Decode everything once, each photo into the smallest frame (width, height) that keeps its detail.

    A thumbnail stays a thumbnail: enlarged it would look as sharp as the sharp ones to whoever learns from both.
    Returns the banks, and the rows that could not be read.
    """
    from concurrent.futures import ThreadPoolExecutor

    ordered = sorted(frames)

    def decode(index: int) -> tuple[int, np.ndarray] | None:
        image = labelled.images[index]
        try:
            facts = inspect_image(image, DEFAULT_LIMITS)
            fits = (n for n, (w, h) in enumerate(ordered) if facts.width <= w and facts.height <= h)
            frame = next(fits, len(ordered) - 1)
            width, height = ordered[frame]
            return frame, decode_image(image, width=width, height=height).transpose(2, 0, 1)
        except UnreadableImage:
            return None

    with ThreadPoolExecutor() as pool:
        decoded = list(pool.map(decode, range(len(labelled))))
    banks = []
    for frame in range(len(ordered)):
        there = [(row, one[1]) for row, one in enumerate(decoded) if one is not None and one[0] == frame]
        if there:
            banks.append(Bank(np.stack([pixels for _, pixels in there]), np.array([row for row, _ in there])))
    return banks, [row for row, one in enumerate(decoded) if one is None]
