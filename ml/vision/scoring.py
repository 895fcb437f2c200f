"""Photos through a classifier: decoding in threads, the model on what is decoded, memory flat.

Decoding and the model overlap: while one batch is scored, the next ones are read and decoded. No more than a
few batches exist at any time, however many photos there are.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.vision.images import DEFAULT_LIMITS, ImageLimits, UnreadableImage, decode_image

if TYPE_CHECKING:
    from ml.vision.package import Classifier

BATCHES_AHEAD = 2
CHUNK = 16
"""Photos that one decoding task takes: enough that threads do not queue for each photo."""


class ScoredBatch(NamedTuple):
    """Photos in their order with what the classifier says; an unreadable one has NaN and an error."""

    images: list[Path | bytes]
    probabilities: np.ndarray
    """float32 [n, classes]."""
    errors: list[UnreadableImage | None]


def scored_batches(
    classifier: "Classifier",
    images: Iterable[Path | bytes],
    *,
    batch_size: int = 256,
    limits: ImageLimits = DEFAULT_LIMITS,
) -> Iterator[ScoredBatch]:
    """Score photos batch by batch, in order."""
    card = classifier.card
    rest = iter(images)
    with ThreadPoolExecutor(os.cpu_count()) as pool:

        def start() -> bool:
            """Begin decoding the next batch; False when there is none."""
            batch = list(islice(rest, batch_size))
            if not batch:
                return False
            pixels = np.empty((len(batch), card.height, card.width, 3), np.uint8)
            errors: list[UnreadableImage | None] = [None] * len(batch)

            def decode(first: int) -> None:
                for index in range(first, min(first + CHUNK, len(batch))):
                    try:
                        pixels[index] = decode_image(
                            batch[index], width=card.width, height=card.height, limits=limits
                        )
                    except UnreadableImage as error:
                        errors[index] = error
                    if errors[index]:
                        pixels[index] = 0

            tasks = [pool.submit(decode, first) for first in range(0, len(batch), CHUNK)]
            waiting.append((batch, pixels, errors, tasks))
            return True

        waiting: deque[tuple[list, np.ndarray, list, list[Future[None]]]] = deque()
        while len(waiting) < BATCHES_AHEAD and start():
            pass
        while waiting:
            batch, pixels, errors, tasks = waiting.popleft()
            for task in tasks:
                task.result()
            start()
            probabilities = classifier.predict(pixels)
            probabilities[[error is not None for error in errors]] = np.nan
            yield ScoredBatch(batch, probabilities, errors)
