"""Documents with known truth: their files, scans made of them, and what counts as right."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from ml.documents.extraction.labels import plain
from ml.documents.reading import pdf
from ml.documents.reading.limits import LIMITS

FIELDS = {
    "vendor": "vendor", "vendor_vat": "vendor_tax_id", "vendor_tax_id": "vendor_tax_id", "buyer": "buyer",
    "number": "number", "order_ref": "order_number", "date": "date", "due_date": "due_date", "currency": "currency",
    "net": "net", "tax": "tax", "total": "total", "due": "amount_due", "iban": "iban",
}  # fmt: skip
"""Names in the truth and in the answers."""
AMOUNTS = ("net", "tax", "total", "due")
SIMILAR = 0.9


@dataclass(frozen=True)
class Truth:
    """One document and what it says."""

    set: str
    path: Path
    values: dict[str, Any]
    lines: list[dict[str, Any]] | None


def truths(folder: Path) -> list[Truth]:
    found = []
    for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        rows = entry["lines"] if entry["lines"] and "desc" in entry["lines"][0] else None
        found.append(Truth(entry["set"], folder / entry["file"], entry["truth"], rows))
    return found


def is_right(value: Any, wanted: Any) -> bool:
    """Case, accents and spacing aside; amounts to the cent."""
    if value is None:
        return False
    if isinstance(wanted, (int, float)):
        return abs(float(value) - float(wanted)) < 0.005
    return _bare(str(value)) == _bare(str(wanted))


def _bare(text: str) -> str:
    return re.sub(r"\s", "", plain(text))


def answers(truth: Truth, written: dict[str, Any]) -> Iterator[tuple[str, Any, float, bool]]:
    """Field, value, confidence and whether it is right, for each field that the truth knows."""
    for name, field in FIELDS.items():
        wanted = truth.values.get(name)
        if wanted is not None:
            found = written["fields"][field]
            yield name, found["value"], found["confidence"], is_right(found["value"], wanted)


def right_rows(lines: list[dict[str, Any]], truth: list[dict[str, Any]]) -> int:
    """Rows with quantity, unit price and amount as in the truth, and nearly the same description."""
    left = list(truth)
    count = 0
    for row in lines:
        match = next((one for one in left if _same_row(row, one)), None)
        if match is not None:
            left.remove(match)
            count += 1
    return count


def _same_row(row: dict[str, Any], truth: dict[str, Any]) -> bool:
    for name, wanted, slack in (
        ("quantity", "qty", 1e-3),
        ("unit_price", "unit_price", 1e-4),
        ("amount", "amount", 5e-3),
    ):
        if truth.get(wanted) is None:
            continue
        if row[name] is None or abs(float(row[name]) - truth[wanted]) > slack:
            return False
    one, other = (" ".join(str(text or "").lower().split()) for text in (row["description"], truth["desc"]))
    return SequenceMatcher(None, one, other).ratio() >= SIMILAR


def scan(path: Path, *, seed: int | None = None) -> Image.Image:
    """The first page of a PDF at 200 dots an inch; with a seed as a bad scanner gives it."""
    opened = pdf.open_pdf(path.read_bytes(), LIMITS)
    image = pdf.page_pixels(opened, 0, LIMITS)
    opened.close()
    if seed is None:
        return image
    rng = np.random.default_rng(seed)
    turned = image.rotate(
        float(rng.uniform(-2.5, 2.5)), expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC
    )
    pixels = np.asarray(turned.filter(ImageFilter.GaussianBlur(0.8)), dtype=float) * 0.85 + 25
    return Image.fromarray(np.clip(pixels + rng.normal(0, 12, pixels.shape), 0, 255).astype("uint8"))
