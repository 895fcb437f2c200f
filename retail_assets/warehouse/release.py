"""Releases on disk: numbering, the link that readers follow, and which old ones stay.

A numbered folder under `releases/` is always complete: it is built under a hidden name and renamed last. The
link `published` moves in one rename, so a reader has the old release or the new one. Only publication writes
here, and only under the warehouse lock.
"""

import os
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from retail_assets.audiences import ANALYSTS
from retail_assets.lake import PRIVATE_FILE, Lake, sync_folder
from retail_assets.warehouse.survey import SurveyedMart

MANIFEST = "release.json"


@dataclass(frozen=True)
class ReleaseManifest:
    """What a release was made of. The next publication compares with it and links from it."""

    layout: int
    """Version of the way releases are written; files of another one are never linked."""
    engine: str
    """Version of DuckDB, which makes the digests and the files."""
    release: int
    run_id: str
    built_at: datetime
    as_of: date
    marts: dict[str, SurveyedMart]
    files: dict[str, int]
    """Size of every file by its path in the release."""
    retraction: int = 0
    """Entry in the log of the newest decision to take a night back that its marts follow."""
    changed_at: dict[str, datetime] = field(default_factory=dict)
    """Mart -> when a release last had other rows of it."""
    accepted: int = 0
    """Entry of the newest decision about fewer rows that was known when it was made; later ones are for the next."""


_MANIFEST = TypeAdapter(ReleaseManifest)


def current_release(lake: Lake) -> int | None:
    """The number that the link names; None before the first publication."""
    return int(lake.published.readlink().name) if lake.published.is_symlink() else None


def current_manifest(lake: Lake) -> ReleaseManifest | None:
    """The manifest of the current release, or None when there is none that this code can read."""
    manifest = lake.published / MANIFEST
    try:
        return _MANIFEST.validate_json(manifest.read_bytes()) if manifest.exists() else None
    except ValidationError:
        return None


def write_manifest(folder: Path, manifest: ReleaseManifest) -> None:
    """For the platform alone, from the first byte: it names marts and readers of every audience."""
    file = folder / MANIFEST
    file.touch(mode=PRIVATE_FILE)
    file.write_bytes(_MANIFEST.dump_json(manifest, indent=1))


def is_whole(lake: Lake, manifest: ReleaseManifest) -> bool:
    """Whether every file of a release is still there in its size."""
    return all(has_file(lake, manifest, name) for name in manifest.files)


def has_file(lake: Lake, manifest: ReleaseManifest, name: str) -> bool:
    path = lake.releases / str(manifest.release) / name
    return path.is_file() and path.stat().st_size == manifest.files.get(name)


def tidy(lake: Lake) -> None:
    """Finish or clear away what killed publications left behind.

    A numbered release newer than the link was complete when its publication died just before the swap.
    """
    for leftover in lake.releases.glob(".*"):
        if leftover.is_symlink():
            leftover.unlink()
        else:
            shutil.rmtree(leftover)
    newest = max(numbers(lake), default=None)
    current = current_release(lake)
    if newest is not None and (current is None or newest > current):
        swap(lake, newest)


def numbers(lake: Lake) -> list[int]:
    """The numbers of all releases on disk, ascending."""
    return sorted(int(folder.name) for folder in lake.releases.glob("*") if folder.name.isdecimal())


def published_folders(lake: Lake) -> list[Path]:
    """All that readers may come into: the releases on disk, and the files that they share."""
    shared = [lake.row_files] if lake.row_files.is_dir() else []
    return [*shared, *(lake.releases / str(number) for number in numbers(lake))]


def next_number(lake: Lake) -> int:
    return max([current_release(lake) or 0, *numbers(lake)]) + 1


@contextmanager
def new_release(lake: Lake, number: int) -> Generator[Path]:
    """A fresh hidden folder that becomes release `number`, whole and durable, when the body succeeds."""
    folder = lake.releases / f".{number}"
    lake.releases.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)  # while it is written, folders in it may be open to more than their readers
    try:
        yield folder
        _seal(folder)
        folder.chmod(ANALYSTS.mode)
        folder.rename(lake.releases / str(number))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    sync_folder(lake.releases)


def swap(lake: Lake, number: int) -> None:
    """Let all readers see release `number` from now on."""
    release = lake.releases / str(number)
    os.utime(release)  # from now on it is the current one, which makes the age of those before it
    link = lake.releases / ".published"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(lake.releases.name) / str(number))
    link.rename(lake.published)
    sync_folder(lake.root)


def prune(lake: Lake, *, kept: int, min_age_seconds: float) -> None:
    """Remove old releases, never one that a reader may just have resolved.

    A release stays while it is among the newest `kept`, or was the current one less than `min_age_seconds`
    ago: a release built last week may have been current until a minute ago.
    """
    current = current_release(lake)
    for number, successor in list(pairwise(numbers(lake)))[: 1 - kept]:
        superseded_at = (lake.releases / str(successor)).stat().st_mtime
        if number != current and time.time() - superseded_at > min_age_seconds:
            # Renamed first, so that a numbered folder is never an incomplete one.
            doomed = (lake.releases / str(number)).rename(lake.releases / f".{number}")
            shutil.rmtree(doomed)


def _seal(folder: Path) -> None:
    """Make the files of a new release read-only and durable. Linked ones are so since they were written; folders have
    the modes of their audiences."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            sync_folder(path)
        elif path.stat().st_nlink == 1:
            path.chmod(0o400 if path.name == MANIFEST else 0o444)
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
