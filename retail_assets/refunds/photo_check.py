"""Can these files be decoded as photos, and what are they? In child processes, several at a time.

A file that was made to exhaust memory, to crash a decoder or never to end costs its process and is unreadable.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ml.vision.images import ImageFacts
from retail_assets.errors import Unreadable
from retail_assets.refunds.settings import RefundSettings
from retail_assets.sandbox.answers import found_in
from retail_assets.sandbox.process import ChildDied, ChildPool, ChildProcess, ChildTimeout

GROUP = 16
"""Photos per request: a process does not wait for its next photo."""


@dataclass(frozen=True)
class PhotoLimits:
    """What decoding one photo may cost."""

    max_bytes: int
    max_pixels: int
    memory_bytes: int
    seconds: float
    file_bytes: int = 2**20
    """Of files that the process writes: its complaints."""
    threads: int = 1

    @classmethod
    def of(cls, settings: RefundSettings) -> "PhotoLimits":
        return cls(
            max_bytes=settings.photo_max_bytes,
            max_pixels=settings.photo_max_pixels,
            memory_bytes=settings.photo_memory_bytes,
            seconds=settings.photo_seconds,
        )


@cache
def _pool() -> ChildPool:
    """The children of this process that decode photos."""
    return ChildPool("retail_assets.refunds.photo_worker")


def check_photos(
    paths: Sequence[Path], *, limits: PhotoLimits, processes: int
) -> Iterator[ImageFacts | Unreadable]:
    """What each file is, in the order given. What is not a file's fault raises OSError."""
    groups = [list(paths[start : start + GROUP]) for start in range(0, len(paths), GROUP)]
    checked = _pool().map(lambda child, group: _checked(child, group, limits), groups, children=processes)
    return (found for group in checked for found in group)


def _checked(process: ChildProcess, paths: list[Path], limits: PhotoLimits) -> list[ImageFacts | Unreadable]:
    request = {
        "paths": [str(path.absolute()) for path in paths],
        "max_bytes": limits.max_bytes,
        "max_pixels": limits.max_pixels,
    }
    try:
        return process.ask(request, limits, lambda answer: _found(answer, len(paths)))
    except (ChildTimeout, ChildDied) as failure:
        if len(paths) > 1:  # by themselves the others are fine, and the one that is not is found
            return [found for path in paths for found in _checked(process, [path], limits)]
        return [_took_too_long(limits) if isinstance(failure, ChildTimeout) else _killed(failure, limits)]


def _found(answer: dict, photos: int) -> list[ImageFacts | Unreadable]:
    if len(answer["photos"]) != photos:
        raise ValueError("An answer for each photo was expected.")
    return [_facts(one) for one in answer["photos"]]


def _facts(answer: dict) -> ImageFacts | Unreadable:
    try:
        return found_in(answer, ImageFacts)
    except Unreadable as error:
        return error


def _took_too_long(limits: PhotoLimits) -> Unreadable:
    return Unreadable(
        "timeout",
        f"Decoding it takes longer than the {limits.seconds:,.0f} s that a photo may take "
        "(RETAIL_REFUND_PHOTO_SECONDS); save it anew and send it again.",
    )


def _killed(death: ChildDied, limits: PhotoLimits) -> Unreadable:
    return Unreadable(
        "reader_died",
        f"The process that decoded it ended ({death}), most likely because the photo asks for more than "
        f"{limits.memory_bytes:,} bytes of memory; save it anew and send it again.",
    )
