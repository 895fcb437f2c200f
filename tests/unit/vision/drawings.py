"""Tiny labelled pictures that a network tells apart within seconds, and classifiers that need no training."""

import io
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image, ImageDraw

from ml.vision.data import LabelledImages
from ml.vision.labels import CLASSES, INDEX
from ml.vision.package import Card

SHIRT, HAT = "t-shirt", "hat"
COARSE = {SHIRT: ["Tshirts", "Tops"], HAT: []}
"""Labels of the drawings that are no classes: one means either of two, one is none of them."""
KINDS = ("Belts", "Trousers", "Watches", SHIRT, HAT)


def drawing(kind: str, number: int) -> Image.Image:
    """A drawing of something; no two numbers give the same."""
    rng = np.random.default_rng([number, KINDS.index(kind)])
    picture = Image.new("RGB", (30, 40), "white")
    draw = ImageDraw.Draw(picture)
    x, y = (int(value) for value in rng.integers(-2, 3, 2))
    light = int(rng.integers(0, 80))
    match kind:
        case "Belts":
            draw.rectangle((2 + x, 17 + y, 27 + x, 23 + y), fill=(200, light, light))
        case "Trousers":
            for left in (8, 18):
                draw.rectangle((left + x, 4 + y, left + 4 + x, 36 + y), fill=(light, light, 200))
        case "Watches":
            draw.ellipse((7 + x, 12 + y, 23 + x, 28 + y), outline=(light, 150, light), width=4)
        case "t-shirt":
            draw.polygon(
                [(3 + x, 8 + y), (27 + x, 8 + y), (22 + x, 34 + y), (8 + x, 34 + y)], fill=(230, 200, light)
            )
        case "hat":
            picture = Image.fromarray(rng.integers(0, 255, (40, 30, 3), dtype=np.uint8))
    draw = ImageDraw.Draw(picture)
    draw.point((0, 0), fill=(255, 255 - number % 4, 255 - number // 4 % 60))
    return picture


def drawn(kind: str, number: int) -> bytes:
    buffer = io.BytesIO()
    drawing(kind, number).save(buffer, "PNG")
    return buffer.getvalue()


def labelled(kinds: tuple[str, ...], each: int, *, first: int = 0, name: str = "drawn") -> LabelledImages:
    """So many drawings of each kind."""
    labels = [kind for kind in kinds for _ in range(each)]
    numbers = [first + number for _ in kinds for number in range(each)]
    allowed = [np.isin(CLASSES, COARSE.get(label, [label])) for label in labels]
    images = [drawn(kind, number) for kind, number in zip(labels, numbers, strict=True)]
    return LabelledImages(list(images), labels, np.array(allowed), [name] * len(labels))


def folder_per_class(folder: Path, kinds: tuple[str, ...], each: int) -> Path:
    for kind in kinds:
        (folder / kind).mkdir(parents=True)
        for number in range(each):
            drawing(kind, number).save(folder / kind / f"{number}.png")
    return folder


def parquet(path: Path, photos: LabelledImages, **columns: list) -> Path:
    data = {"jpeg": [photos.content(row) for row in range(len(photos))], "label": photos.labels}
    pl.DataFrame(data | columns).write_parquet(path)
    return path


class ByColour:
    """Answers like a classifier, at once: the class whose number the first pixel's red value says, and as sure
    as the green value (of 255) says."""

    def __init__(self, card: Card) -> None:
        self.card, self.classes, self.version, self.dtype = card, tuple(card.classes), "colour", "float32"
        self.batches: list[int] = []

    @property
    def review_threshold(self) -> float:
        return self.card.review_threshold

    def predict(self, pixels: np.ndarray) -> np.ndarray:
        self.batches.append(len(pixels))
        confidence = pixels[:, 0, 0, 1].astype(np.float32) / 255
        probabilities = np.repeat((1 - confidence)[:, None] / (len(CLASSES) - 1), len(CLASSES), axis=1)
        probabilities[np.arange(len(pixels)), pixels[:, 0, 0, 0] % len(CLASSES)] = confidence
        return probabilities


def by_colour(*, review_threshold: float = 0.5) -> ByColour:
    return ByColour(Card("none", list(CLASSES), 3, 4, 1.0, review_threshold))


def coloured(name: str, confidence: float) -> bytes:
    """A photo that ByColour answers like this."""
    buffer = io.BytesIO()
    Image.new("RGB", (6, 8), (INDEX[name], round(confidence * 255), 0)).save(buffer, "PNG")
    return buffer.getvalue()
