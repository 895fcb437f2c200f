"""Pictures of pages with the found values boxed, of invoices that wait for a person; drawn in child processes.

Whether one waits is known once it was checked and the platform has confirmed what is proven. What a child gives is kept
and shown as it is, never decoded here.
"""

import base64
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from retail_assets.invoices.reading import PICTURE, ReadingLimits, asked, is_stored, request_of
from retail_assets.invoices.review import PREVIEW
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.standing import decided, with_state
from retail_assets.invoices.tables import INVOICE_EXTRACTIONS, INVOICE_PICTURES
from retail_assets.lake import Lake, file_lock, put_in_place, scratch_folder

LOCK = PICTURES = "invoice_pictures"
PAGES = 3
"""Pages of one invoice, those with the most values first."""
MOST_BYTES = 400_000
_PNG = b"\x89PNG\r\n\x1a\n"
_BOX = ("x0", "y0", "x1", "y1")
_READ = (
    "invoice_id", "sequence", "admitted_on", "answers_entry", "status", "pages", "superseded_by", "least_confidence",
)  # fmt: skip
_SAME = ["invoice_id", "answers_entry"]
"""One reading of a document."""


@dataclass
class PictureReport:
    """What a run drew."""

    drawn: int = 0
    """Invoices."""
    left: int = 0
    """Invoices that wait and have no picture yet: there were more than a run draws."""
    nights: list[date] = field(default_factory=list)
    """Whose parts changed."""


def draw_pictures(lake: Lake, settings: InvoiceSettings) -> PictureReport:
    """Write invoice_pictures of invoices that wait and were not drawn as they were read last, the least sure first."""
    report = PictureReport()
    with file_lock(lake.lock_file(LOCK)):
        there = INVOICE_EXTRACTIONS.scan(lake, _READ).collect()
        known = INVOICE_PICTURES.scan(lake, ("admitted_on", *_SAME)).collect()
        waiting = (
            with_state(there, decided(lake))
            .filter(pl.col("state") == PREVIEW, pl.col("superseded_by").is_null(), pl.col("pages") > 0)
            .join(known, on=_SAME, how="anti", nulls_equal=True)
            .sort("least_confidence", "sequence")
        )
        due = waiting.head(settings.invoice_pictures)
        gone = known.join(there, on=_SAME, how="anti", nulls_equal=True)
        for night in sorted({*due["admitted_on"], *gone["admitted_on"]}):
            rows = INVOICE_EXTRACTIONS.read(lake, night.isoformat())
            drawn = _drawn(lake, settings, rows.join(due, on="invoice_id", how="semi"))
            before = INVOICE_PICTURES.read(lake, night.isoformat())
            kept = before.join(rows, on=_SAME, how="semi", nulls_equal=True)
            if INVOICE_PICTURES.write(lake, night.isoformat(), pl.concat([kept, drawn]).sort("invoice_id")):
                report.nights.append(night)
            report.drawn += drawn.height
        report.left = waiting.height - due.height
    return report


def _drawn(lake: Lake, settings: InvoiceSettings, rows: pl.DataFrame) -> pl.DataFrame:
    """A row for each invoice, with no picture of one whose page cannot be drawn: it is not tried each night."""
    places = [
        (row, page, boxes)
        for row in rows.iter_rows(named=True)
        if is_stored(lake, row["sha256"])
        for page, boxes in _pages(row["fields"])
    ]
    limits = ReadingLimits.of(settings)
    requests = [
        request_of(lake, row["sha256"], PICTURE, engine=row["engine"], limits=limits, page=page, boxes=boxes)
        for row, page, boxes in places
    ]
    found: dict[str, list[str]] = {row["invoice_id"]: [] for row, _, _ in places}
    answers = asked(requests, limits=limits, processes=settings.invoice_processes)
    for (row, page, _), answer in zip(places, answers, strict=True):
        if (path := _kept(lake, row, page, answer)) is not None:
            found[row["invoice_id"]].append(path)
    pictures = {"invoice_id": list(found), "pictures": list(found.values())}
    of_invoices = pl.DataFrame(pictures, schema={"invoice_id": pl.String, "pictures": pl.List(pl.String)})
    return rows.join(of_invoices, on="invoice_id").select(INVOICE_PICTURES.schema.names())


def _pages(fields: list[dict[str, Any]]) -> list[tuple[int, list[tuple[Any, ...]]]]:
    """The pages on which values stand, with these."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    for one in fields:
        if one["page"] is not None:
            found.setdefault(one["page"], []).append((one["name"], *(one[side] for side in _BOX)))
    return sorted(found.items(), key=lambda page: (-len(page[1]), page[0]))[:PAGES] or [(1, [])]


def _kept(lake: Lake, row: dict[str, Any], page: int, answer: dict[str, Any]) -> str | None:
    """Where a picture lies in the data folder; None of what is no picture."""
    try:
        png = base64.b64decode(str(answer["png"]), validate=True)
    except (KeyError, ValueError):
        return None
    if not png.startswith(_PNG) or len(png) > MOST_BYTES:
        return None
    name = f"{row['sha256']}-{row['answers_entry'] or 0}-{page}.png"
    target = lake.work_folder(PICTURES) / row["sha256"][:2] / name
    with scratch_folder(lake) as scratch:
        (scratch / name).write_bytes(png)
        put_in_place(scratch / name, target)
    return str(target.relative_to(lake.root))


def picture(lake: Lake, path: str) -> bytes | None:
    """The bytes of a picture that was drawn, if they are still there."""
    place = Path(lake.root, path)
    return place.read_bytes() if place.is_file() else None
