"""Taking files out of the inbox by rename, and giving their place back once the ledger is finished with them.

What one look takes is one batch: a folder whose note says what is about to be taken is made durable first,
then each file is renamed into it under its number. After a crash a file is either still in the inbox or among
the claims, and the note knows its name. Names never become paths, and nothing here opens what was dropped.
"""

import errno
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from retail_assets.intake.claim_batches import (
    NOTE,
    Claim,
    batch_name,
    claimed_path,
    close_batch,
    noted,
    put_batch,
)
from retail_assets.intake.handlers import Part
from retail_assets.intake.inbox_folders import open_inbox_folder
from retail_assets.intake.ledger_tables import Drop
from retail_assets.intake.settling import DONE, modified_ns
from retail_assets.lake import DISK_THREADS, Lake, private_folder, scratch_folder, sync_folder
from retail_assets.names import in_order

BATCH = 5_000
"""Files under one note: a folder of that size is quick to list and to empty."""

EMPTIED_SECONDS = 3_600
"""How long an emptied folder of a nested inbox stays: its source may be about to put more into it."""

_STAYS = {
    errno.EACCES, errno.EPERM, errno.EXDEV, errno.ENOENT, errno.EBUSY, errno.ETXTBSY, errno.ENOTDIR, errno.ELOOP,
}  # fmt: skip
"""Why a file cannot be renamed while everything else goes on."""


@dataclass(frozen=True)
class SettledFile:
    """A settled file in an inbox folder."""

    folder: str
    inbox: Path
    name: str
    size: int
    modified_ns: int


@dataclass(frozen=True)
class Skipped:
    """A file that was seen and not taken."""

    folder: str
    name: str
    reason: str
    message: str


def quarantine_path(lake: Lake, sequence: int) -> Path:
    return lake.quarantine / str(sequence)


def claim(*, lake: Lake, found: Sequence[SettledFile], as_of: date) -> tuple[list[Claim], list[Skipped]]:
    """Take files in the order of their modification time, then name (2 before 10); the order also numbers them."""
    ordered = sorted(found, key=lambda file: (file.modified_ns, in_order(file.name), file.folder))
    taken, skipped = [], []
    for batch in (ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)):
        now_taken, now_skipped = _claim_batch(lake, batch, as_of)
        taken += now_taken
        skipped += now_skipped
    return taken, skipped


def _claim_batch(lake: Lake, ordered: list[SettledFile], as_of: date) -> tuple[list[Claim], list[Skipped]]:
    batch, claims = _open_batch(lake, ordered, as_of)
    taken, skipped = [], []
    for file, wanted in zip(ordered, claims, strict=True):
        problem = _take(file, claimed_path(lake, wanted.id))
        if problem is None:
            taken.append(wanted)
        elif problem.errno != errno.ENOENT:  # else its source took it back
            skipped.append(_cannot_take(file, problem))
    # Not the folders inside an inbox: there may be thousands, and a file that a power cut puts back into one is
    # taken again and is then a duplicate.
    for folder in {batch, *(file.inbox for file in ordered)}:
        sync_folder(folder)
    close_batch(batch)
    return taken, skipped


def _take(file: SettledFile, target: Path) -> OSError | None:
    """Rename a file to its claim. Its marker goes first: left behind, it would vouch for the next one."""
    folder, _, name = file.name.rpartition("/")
    try:
        descriptor = open_inbox_folder(file.inbox / folder)
    except OSError as problem:
        return _if_it_stays(problem)
    try:
        return _move(name, target, within=descriptor)
    finally:
        os.close(descriptor)


def _move(name: str, target: Path, *, within: int) -> OSError | None:
    try:
        with suppress(IsADirectoryError, FileNotFoundError):
            os.unlink(name + DONE, dir_fd=within)
    except OSError as problem:
        if problem.errno != errno.ENAMETOOLONG:  # then there can be no marker
            return _if_it_stays(problem)
    try:
        os.rename(name, target, src_dir_fd=within)
    except OSError as problem:
        return _if_it_stays(problem)
    return None


def _if_it_stays(problem: OSError) -> OSError:
    """The problem of one file; others are the platform's and are raised."""
    if problem.errno not in _STAYS:
        raise problem
    return problem


def _cannot_take(file: SettledFile, problem: OSError) -> Skipped:
    if problem.errno == errno.EXDEV:
        message = (
            f"{file.inbox} lies on another file system than the lake, so files cannot be moved in one step. "
            "Put inbox and lake on the same file system."
        )
        return Skipped(file.folder, file.name, "other_file_system", message)
    message = (
        f"The platform may not move files out of {file.inbox} ({problem.strerror}). "
        "Give its user write permission on that folder."
    )
    return Skipped(file.folder, file.name, "not_permitted", message)


def _open_batch(lake: Lake, files: list[SettledFile], as_of: date) -> tuple[Path, list[Claim]]:
    """Make the batch's folder with its note, durable before the first file is touched."""
    now = datetime.now(UTC)
    note = {
        "as_of": as_of.isoformat(),
        "claimed_at": now.isoformat(),
        "files": [[f.folder, f.name, f.size, f.modified_ns] for f in files],
    }
    with scratch_folder(lake) as scratch:
        unfinished = scratch / batch_name(now)
        unfinished.mkdir()
        return put_batch(lake, unfinished, note)


def put_parts(*, lake: Lake, drop: Drop, parts: Sequence[Part]) -> list[Claim]:
    """Put what a drop was taken apart into among the claims, all at once; in the order of time, then name."""
    ordered = sorted(parts, key=lambda part: (part.modified_ns, in_order(part.name)))
    if not ordered:
        return []
    note = {
        "as_of": drop.partition.isoformat(),
        "claimed_at": drop.admitted_at.isoformat(),
        "parent": drop.sequence,
        "position": drop.position,
        "files": [[drop.folder, p.name, p.path.stat().st_size, p.modified_ns] for p in ordered],
    }
    with scratch_folder(lake) as scratch:
        unfinished = scratch / f"parts-{drop.sequence}"
        unfinished.mkdir()
        for number, part in enumerate(ordered):
            target = unfinished / str(number)
            part.path.rename(target)
            os.utime(target, ns=(part.modified_ns, part.modified_ns))
            with target.open("rb") as handle:
                os.fsync(handle.fileno())
        return put_batch(lake, unfinished, note)[1]


def put_own(*, lake: Lake, folder: str, name: str, content: bytes, as_of: date) -> Claim:
    """Put what the platform itself has to say among the claims, beside what sources drop."""
    now = datetime.now(UTC)
    with scratch_folder(lake) as scratch:
        unfinished = scratch / batch_name(now)
        unfinished.mkdir()
        file = unfinished / "0"
        with file.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        note = {
            "as_of": as_of.isoformat(),
            "claimed_at": now.isoformat(),
            "by_platform": True,
            "files": [[folder, name, len(content), modified_ns(file.stat())]],
        }
        return put_batch(lake, unfinished, note)[1][0]


def claimed(lake: Lake) -> list[Claim]:
    """All files among the claims, oldest batch first, each in the order of its note."""
    claims = []
    for batch in sorted(lake.claims.iterdir()) if lake.claims.is_dir() else []:
        # Without a note it is none of ours; the reconcile check names it.
        if close_batch(batch) or not (batch / NOTE).exists():
            continue
        claims += [one for one in noted(batch) if os.path.lexists(claimed_path(lake, one.id))]
    return claims


def claim_again(*, lake: Lake, claim: str, as_of: date) -> Claim:
    """Move a claimed file that its source wrote to after it was taken into a claim of its own."""
    old = claimed_path(lake, claim)
    [known] = [one for one in noted(old.parent) if one.id == claim]
    status = old.lstat()
    changed = SettledFile(known.folder, old.parent, known.name, status.st_size, modified_ns(status))
    batch, [new] = _open_batch(lake, [changed], as_of)
    old.rename(claimed_path(lake, new.id))
    sync_folder(batch)
    close_batch(old.parent)
    return new


def set_aside(*, lake: Lake, claims: Mapping[int, str]) -> None:
    """Move claimed things, by their sequence, as they are and unread into quarantine; a link stays a link."""
    taken = {sequence: claimed_path(lake, claim) for sequence, claim in claims.items()}
    there = {sequence: path for sequence, path in taken.items() if os.path.lexists(path)}
    if not there:
        return
    private_folder(lake.quarantine)
    for sequence, path in there.items():
        path.rename(quarantine_path(lake, sequence))
    sync_folder(lake.quarantine)
    for batch in {path.parent for path in there.values()}:
        close_batch(batch)


def remove_emptied(inbox: Path, *, levels: int) -> None:
    """Remove the folders in an inbox, so many levels deep, that have been empty for a while."""
    if not levels:
        return
    oldest = time.time() - EMPTIED_SECONDS
    with suppress(OSError):  # there is none, or it leads elsewhere
        descriptor = open_inbox_folder(inbox)
        try:
            with os.scandir(descriptor) as entries:
                folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
            for folder in folders:
                remove_emptied(inbox / folder.name, levels=levels - 1)
                with suppress(OSError):  # it is not empty, or gone
                    # Taking the last file was a change of the folder, too.
                    if folder.stat(follow_symlinks=False).st_mtime < oldest:
                        os.rmdir(folder.name, dir_fd=descriptor)
        finally:
            os.close(descriptor)


def release(*, lake: Lake, claims: Iterable[str]) -> None:
    """Remove claimed files whose bytes are stored and whose rows are final."""
    paths = [claimed_path(lake, claim) for claim in claims]
    with ThreadPoolExecutor(DISK_THREADS) as pool:
        list(pool.map(lambda path: path.unlink(missing_ok=True), paths))
    for batch in {path.parent for path in paths}:
        close_batch(batch)
