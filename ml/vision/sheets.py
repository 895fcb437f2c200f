"""Pictures of scored photos, for people who want to see what the model saw."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.vision.image_files import DEFAULT_LIMITS, ImageLimits, UnreadableImage
from ml.vision.images import decode_image

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL import Image

TILE = (96, 128)
MARGIN = 6
LINE = 13
PAPER, INK, BLANK = (255, 255, 255), (40, 40, 40), (225, 225, 225)
BINS = 20


def contact_sheet(
    photos: Sequence[Path | bytes],
    captions: Sequence[str],
    *,
    columns: int = 8,
    limits: ImageLimits = DEFAULT_LIMITS,
) -> "Image.Image":
    """Photos in rows, each with its caption of up to two lines; one that cannot be read is a grey tile."""
    from PIL import Image, ImageDraw, ImageFont

    wide, high = TILE[0] + MARGIN, TILE[1] + 2 * LINE + MARGIN
    rows = -(-len(photos) // columns)
    sheet = Image.new("RGB", (min(columns, len(photos)) * wide + MARGIN, rows * high + MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(LINE - 3)
    for place, (photo, caption) in enumerate(zip(photos, captions, strict=True)):
        left, top = MARGIN + place % columns * wide, MARGIN + place // columns * high
        try:
            pixels = decode_image(photo, width=TILE[0], height=TILE[1], limits=limits)
            sheet.paste(Image.fromarray(pixels), (left, top))
        except UnreadableImage:
            draw.rectangle((left, top, left + TILE[0] - 1, top + TILE[1] - 1), fill=BLANK)
        for number, line in enumerate(caption.split("\n")[:2]):
            draw.text((left, top + TILE[1] + number * LINE), _fitting(line, font.getlength), INK, font=font)
    return sheet


def _fitting(text: str, width_of) -> str:
    """The text, shortened when it is wider than a tile."""
    if width_of(text) <= TILE[0]:
        return text
    while width_of(f"{text}…") > TILE[0]:
        text = text[:-1]
    return f"{text}…"


def confidence_histogram(confidences: np.ndarray, needs_review: np.ndarray) -> "Figure":
    """How many photos were scored with which confidence, and which of them somebody should look at."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3), layout="constrained")
    axes = figure.add_subplot()
    groups = [confidences[~needs_review], confidences[needs_review]]
    names = [f"sure enough ({len(groups[0]):,})", f"to review ({len(groups[1]):,})"]
    axes.hist(groups, bins=BINS, range=(0, 1), stacked=True, label=names, color=["#4477aa", "#cc7722"])
    axes.set_xlim(0, 1)
    axes.set_xlabel("confidence")
    axes.set_ylabel("photos")
    axes.legend()
    return figure
