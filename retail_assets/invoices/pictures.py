"""Pictures of pages with the found values boxed, of invoices that wait for a person; drawn in child processes.

What a child gives is kept and shown as it is, never decoded here.
"""

import base64
from pathlib import Path
from typing import Any

import polars as pl

from retail_assets.invoices.reading import PICTURE, ReadingLimits, asked, is_stored, request_of
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.lake import Lake, put_in_place, scratch_folder

PICTURES = "invoice_pictures"
PAGES = 3
"""Pages of one invoice, those with the most values first."""
MOST_BYTES = 400_000
_PNG = b"\x89PNG\r\n\x1a\n"
_BOX = ("x0", "y0", "x1", "y1")


def with_pictures(lake: Lake, settings: InvoiceSettings, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `pictures` of those that wait for a person, the least sure first, each drawn once."""
    left = settings.invoice_pictures - rows["pictures"].count()
    for_people = ["preview"] if settings.invoice_auto_confirm else ["preview", "auto_confirmable"]
    waiting = rows.filter(
        pl.col("status").is_in(for_people),
        pl.col("pages") > 0,
        pl.col("pictures").is_null(),
        pl.col("superseded_by").is_null(),
    ).sort("least_confidence", "sequence")
    places = [
        (row, page, boxes)
        for row in waiting.head(max(left, 0)).iter_rows(named=True)
        if is_stored(lake, row["sha256"])
        for page, boxes in _pages(row["fields"])
    ]
    limits = ReadingLimits.of(settings)
    requests = [
        request_of(lake, row["sha256"], PICTURE, engine=row["engine"], limits=limits, page=page, boxes=boxes)
        for row, page, boxes in places
    ]
    drawn: dict[str, list[str]] = {row["invoice_id"]: [] for row, _, _ in places}
    answers = asked(requests, limits=limits, processes=settings.invoice_processes)
    for (row, page, _), answer in zip(places, answers, strict=True):
        if (path := _kept(lake, row, page, answer)) is not None:
            drawn[row["invoice_id"]].append(path)
    if not drawn:
        return rows
    new = pl.DataFrame(
        {"invoice_id": list(drawn), "drawn": list(drawn.values())},
        schema={"invoice_id": pl.String, "drawn": pl.List(pl.String)},
    )
    joined = rows.join(new, on="invoice_id", how="left", maintain_order="left")
    return joined.with_columns(pictures=pl.coalesce("pictures", "drawn")).select(rows.columns)


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
