"""The file store: the bytes of every drop, once, under their SHA-256.

Bytes are copied, never linked: a source that still holds its file open may write to it, and what is stored
must stay what was hashed. Nothing but a plain file of one name and allowed size is read.
"""

import hashlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from retail_assets.errors import Unreadable
from retail_assets.intake.hashing import damage
from retail_assets.intake.settling import modified_ns
from retail_assets.lake import DISK_THREADS, PRIVATE_FILE, Lake, private_folder, scratch_folder, sync_folder

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class ToStore:
    """A file to be stored, and what it looked like when it was last seen."""

    sequence: int
    path: Path
    size: int
    modified_ns: int


@dataclass(frozen=True)
class Stored:
    """Bytes that are safe."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Changing:
    """A file that its source still writes to; what it looks like now."""

    size: int
    modified_ns: int


StoreResult = Stored | Changing | Unreadable


def store(*, lake: Lake, files: list[ToStore], max_bytes: int) -> dict[int, StoreResult]:
    """Store files; the outcome of each by its sequence. All that was stored is durable on return.

    Raises OSError when the disk is full or fails; then none of these files is finished, and none is lost.
    """
    with scratch_folder(lake) as scratch, ThreadPoolExecutor(DISK_THREADS) as pool:
        outcomes = dict(
            zip(
                [file.sequence for file in files],
                pool.map(lambda file: _store_one(lake, file, scratch / str(file.sequence), max_bytes), files),
                strict=True,
            )
        )
        hashes = {outcome.sha256 for outcome in outcomes.values() if isinstance(outcome, Stored)}
        folders = {lake.stored_file(sha256).parent for sha256 in hashes}
        for level in (folders, {folder.parent for folder in folders}):
            list(pool.map(sync_folder, level))
    return outcomes


def _store_one(lake: Lake, file: ToStore, copy: Path, max_bytes: int) -> StoreResult:
    refusal = _refusal(file.path, max_bytes)
    if refusal:
        return refusal
    try:
        source = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except PermissionError:
        return Unreadable(
            "not_readable", "The platform's user may not read this file. Drop it again with read permission."
        )
    try:
        before = os.fstat(source)
        if (before.st_size, modified_ns(before)) != (file.size, file.modified_ns):
            return Changing(before.st_size, modified_ns(before))
        sha256, copied = _copy(source, copy, max_bytes)
        after = os.fstat(source)
    finally:
        os.close(source)
    if copied != before.st_size or _marks(after) != _marks(before):
        copy.unlink()
        return Changing(after.st_size, modified_ns(after))
    _keep(copy, lake.stored_file(sha256), sha256)
    return Stored(sha256, copied)


def _marks(status: os.stat_result) -> tuple[int, int, int]:
    """What changes when a file is written to, even by a source that sets its modification time back."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _refusal(path: Path, max_bytes: int) -> Unreadable | None:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return Unreadable(
            "symbolic_link", "This is a symbolic link; links are not followed. Drop the file itself."
        )
    if not stat.S_ISREG(status.st_mode):
        return Unreadable(
            "not_a_file", "This is a folder, pipe, socket or device; it was not opened. Drop plain files."
        )
    if status.st_nlink > 1:
        return Unreadable(
            "hard_link",
            "The file has a second name elsewhere, through which it could change or show what was not meant "
            "to be dropped. Drop a copy.",
        )
    return too_large(status.st_size, max_bytes)


def too_large(size: int, max_bytes: int) -> Unreadable | None:
    """Why a file of so many bytes is not taken."""
    if size <= max_bytes:
        return None
    return Unreadable(
        "too_large",
        f"The file has {size:,} bytes; {max_bytes:,} are allowed (RETAIL_MAX_FILE_BYTES). "
        "Split it, or raise the limit and release it.",
    )


def _copy(source: int, copy: Path, max_bytes: int) -> tuple[str, int]:
    """Copy and hash in one pass; stops above the limit, when a source appends without end."""
    digest, copied = hashlib.sha256(), 0
    with copy.open("wb") as target:
        while copied <= max_bytes and (chunk := os.read(source, CHUNK_BYTES)):
            digest.update(chunk)
            target.write(chunk)
            copied += len(chunk)
    return digest.hexdigest(), copied


def _keep(copy: Path, target: Path, sha256: str) -> None:
    """Put a copy under its hash, unless the same bytes lie there already; what lies there damaged is mended."""
    if damage(target, sha256) is None:
        copy.unlink()
        return
    descriptor = os.open(copy, os.O_RDONLY)
    try:
        os.fchmod(descriptor, PRIVATE_FILE)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    private_folder(target.parent)
    copy.replace(target)
