"""Photos through a classifier, a batch at a time on each core, memory flat.

A core decodes a batch and scores it by itself: while one waits for a file the others compute, and none waits for
another in the middle of a network, which costs more than the work where batches are small. No more than a few
batches exist at any time, however many photos there are.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.vision.image_files import DEFAULT_LIMITS, ImageLimits, UnreadableImage
from ml.vision.images import decode_image

if TYPE_CHECKING:
    from ml.vision.package import Classifier

BATCH_PHOTOS = 32
"""Few enough that what a layer makes of them stays in a core's cache."""
BATCHES_AHEAD = 2
"""For each core, so that it never waits for whoever takes the answers."""


class ScoredBatch(NamedTuple):
    """Photos in their order with what the classifier says; an unreadable one has NaN and an error."""

    images: list[Path | bytes]
    probabilities: np.ndarray
    """float32 [n, classes]."""
    errors: list[UnreadableImage | None]


@cache
def cores() -> int:
    """As many as torch uses by itself; asked once, as what workers set meanwhile holds for later threads too."""
    import torch

    return torch.get_num_threads()


def scored_batches(
    classifier: "Classifier",
    images: Iterable[Path | bytes],
    *,
    batch_size: int = BATCH_PHOTOS,
    limits: ImageLimits = DEFAULT_LIMITS,
) -> Iterator[ScoredBatch]:
    """Score photos batch by batch, in order."""
    import torch

    threads = cores()

    def score(batch: list[Path | bytes]) -> ScoredBatch:
        width, height = classifier.card.width, classifier.card.height
        pixels = np.zeros((len(batch), height, width, 3), np.uint8)
        errors: list[UnreadableImage | None] = [None] * len(batch)
        for index, image in enumerate(batch):
            try:
                pixels[index] = decode_image(image, width=width, height=height, limits=limits)
            except UnreadableImage as error:
                errors[index] = error
        probabilities = classifier.predict(pixels)
        probabilities[[error is not None for error in errors]] = np.nan
        return ScoredBatch(batch, probabilities, errors)

    rest = iter(images)
    waiting: deque[Future[ScoredBatch]] = deque()
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            while (batch := list(islice(rest, batch_size))) or waiting:
                if batch:
                    waiting.append(pool.submit(score, batch))
                if not batch or len(waiting) > threads * BATCHES_AHEAD:
                    yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            torch.set_num_threads(threads)
