"""A batch of claims: a folder with a note of what was to be moved into it, which appears among the claims in one step.

A claim is a file in it, called by its number in the note; names never become paths.
"""

import json
import os
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from retail_assets.lake import Lake, private_folder, sync_folder

NOTE = "note.json"


@dataclass(frozen=True)
class Claim:
    """A file that was taken."""

    id: str
    folder: str
    name: str
    size: int
    modified_ns: int
    as_of: date
    claimed_at: datetime
    parent: int | None = None
    """The drop that it came in, and that one's place in the order."""
    position: int | None = None
    by_platform: bool = False
    """Whether the platform wrote it itself: it never lay in the inbox."""


def claimed_path(lake: Lake, claim: str) -> Path:
    return lake.claims / claim


def batch_name(now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"


def put_batch(lake: Lake, unfinished: Path, note: dict[str, Any]) -> tuple[Path, list[Claim]]:
    """Give a folder its note, and a place among the claims in one step."""
    with (unfinished / NOTE).open("w", encoding="utf-8") as handle:
        json.dump(note, handle)
        handle.flush()
        os.fsync(handle.fileno())
    sync_folder(unfinished)
    private_folder(lake.claims)
    batch = lake.claims / unfinished.name
    unfinished.rename(batch)
    sync_folder(lake.claims)
    return batch, noted(batch)


def noted(batch: Path) -> list[Claim]:
    """What the note of a batch says was to be taken."""
    note = json.loads((batch / NOTE).read_text(encoding="utf-8"))
    as_of, at = date.fromisoformat(note["as_of"]), datetime.fromisoformat(note["claimed_at"])
    origin = (note.get("parent"), note.get("position"), note.get("by_platform", False))
    return [
        Claim(f"{batch.name}/{number}", folder, name, size, modified_ns, as_of, at, *origin)
        for number, (folder, name, size, modified_ns) in enumerate(note["files"])
    ]


def close_batch(batch: Path) -> bool:
    """Remove a batch that holds no file any more; True when it is gone."""
    if not batch.is_dir():
        return True
    with os.scandir(batch) as entries:
        if any(entry.name != NOTE for entry in entries):
            return False
    (batch / NOTE).unlink(missing_ok=True)
    batch.rmdir()
    return True
