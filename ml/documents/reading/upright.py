"""Makes a page stand upright: skew by the sharpness of its lines, quarter turns where its lines run the other way."""

import numpy as np
from PIL import Image

LARGEST_SKEW = 6.0
_WIDTH = 700
_NOTHING = 0.15
"""Degrees that are not worth turning a page for."""


def _ink(image: Image.Image, width: int = _WIDTH) -> np.ndarray:
    scale = width / max(image.size)
    small = image.resize(
        (max(int(image.width * scale), 1), max(int(image.height * scale), 1)), Image.Resampling.BOX
    )
    pixels = np.asarray(small, dtype=np.float32)
    paper = np.percentile(pixels, 80)
    return np.clip(paper - 25 - pixels, 0, 100)


class _Profile:
    """The ink of a page row by row, for any angle."""

    def __init__(self, ink: np.ndarray):
        self._rows, self._columns = np.nonzero(ink)
        self._ink = ink[self._rows, self._columns]
        self._centre = ink.shape[1] / 2

    def sharpness(self, degrees: float) -> float:
        """How much the ink of neighbouring rows differs when each column is shifted as this angle asks."""
        shifts = np.tan(np.radians(degrees)) * (self._columns - self._centre)
        rows = np.round(self._rows + shifts).astype(np.int64)
        rows -= rows.min()
        profile = np.bincount(rows, weights=self._ink)
        return float(np.square(np.diff(profile, prepend=0.0, append=0.0)).sum())


def skew(image: Image.Image) -> float:
    """Degrees, anticlockwise, that make the lines of text level."""
    ink = _ink(image)
    if not ink.any():
        return 0.0
    profile = _Profile(ink)
    best = max(np.arange(-LARGEST_SKEW, LARGEST_SKEW + 0.1, 0.5), key=profile.sharpness)
    best = max(np.arange(best - 0.4, best + 0.41, 0.1), key=profile.sharpness)
    # An angle that is hardly sharper than none is noise.
    if abs(best) < _NOTHING or profile.sharpness(best) < 1.03 * profile.sharpness(0.0):
        return 0.0
    return -float(best)


def lines_run_down(image: Image.Image) -> bool:
    """Whether the lines of text run down or up the page: the page lies on its side."""
    ink = _ink(image)
    if not ink.any():
        return False
    across = _Profile(ink).sharpness(0.0) / ink.shape[1]
    down = _Profile(np.ascontiguousarray(ink.T)).sharpness(0.0) / ink.shape[0]
    return down > 1.5 * across


def turned(image: Image.Image, degrees: float) -> Image.Image:
    """The image turned anticlockwise; corners are paper."""
    if not degrees:
        return image
    if degrees in (90, 180, 270):
        way = {
            90: Image.Transpose.ROTATE_90,
            180: Image.Transpose.ROTATE_180,
            270: Image.Transpose.ROTATE_270,
        }
        return image.transpose(way[int(degrees)])
    return image.rotate(degrees, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=255)
