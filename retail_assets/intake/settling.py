"""When is a file in an inbox complete? Looks at folders, compares two looks; takes and opens nothing.

A file has settled when its size and modification time are the same in two looks and nobody has it open for
writing, or when `NAME.done` lies beside it. Folders are never taken, at most what lies in them; what a transfer
tool is still writing is not even looked at.
"""

import errno
import fcntl
import json
import os
import signal
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from retail_assets.intake.inbox_folders import LINK_ERRORS, open_inbox_folder

DONE = ".done"
UNFINISHED_SUFFIXES = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp", "~")
"""How transfer tools and editors call a file that they have not finished."""

_NEWEST_NS = 2**63 - 1


class SeenFile(NamedTuple):
    """What one look saw of a file."""

    size: int
    modified_ns: int
    done: bool
    being_written: bool = False


@dataclass(frozen=True)
class InboxSnapshot:
    """The files of one inbox folder at one moment, by name."""

    files: dict[str, SeenFile]
    not_taken: list[str] = field(default_factory=list, compare=False)
    """Folders at a level whose folders are not looked into, or that are closed to us."""

    def to_json(self) -> str:
        return json.dumps(self.files)

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls({name: SeenFile(*seen) for name, seen in json.loads(text).items()})


def is_ignored(name: str) -> bool:
    """True for hidden files, markers and files that a transfer has not finished."""
    return _is_hidden(name) or name.lower().endswith((DONE, *UNFINISHED_SUFFIXES))


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def take_snapshot(
    inbox: Path,
    *,
    levels: int = 0,
    wanted: Callable[[str], bool] = lambda _: True,
    limit: int | None = None,
) -> InboxSnapshot:
    """Look at an inbox folder, or at the first `limit` of the names that are wanted. A missing folder is empty.

    Folders in it are looked into too, so many levels deep: the name of what lies there is `folder/file`. An inbox
    folder that cannot be looked into, or has a link in its path, is among what is not taken, as `.`.
    """
    try:
        return InboxSnapshot(*_looked_into(inbox, levels=levels, wanted=wanted, limit=limit))
    except FileNotFoundError:
        return InboxSnapshot({})
    except OSError as problem:
        if problem.errno not in LINK_ERRORS | {errno.EACCES}:
            raise
        return InboxSnapshot({}, ["."])


def _looked_into(
    folder: Path, *, levels: int, wanted: Callable[[str], bool], limit: int | None
) -> tuple[dict[str, SeenFile], list[str]]:
    """The files of a folder and of those in it, and the names of folders that are not looked into."""
    files, folders = _listed(folder, wanted=wanted, limit=limit)
    if not levels:
        return files, folders
    not_taken = []
    for name in folders:
        rest = None if limit is None else limit - len(files)
        if rest == 0:
            break
        try:
            inner, deeper = _looked_into(
                folder / name,
                levels=levels - 1,
                wanted=lambda file, within=name: wanted(f"{within}/{file}"),
                limit=rest,
            )
        except FileNotFoundError:
            continue
        except OSError:
            not_taken.append(name)
            continue
        files |= {f"{name}/{file}": seen for file, seen in inner.items()}
        not_taken += [f"{name}/{other}" for other in deeper]
    return files, not_taken


def _listed(
    folder: Path, *, wanted: Callable[[str], bool], limit: int | None = None
) -> tuple[dict[str, SeenFile], list[str]]:
    """The files of a folder as they look, and the names of the folders in it."""
    descriptor = open_inbox_folder(folder)
    files = {}
    try:
        with os.scandir(descriptor) as entries:
            there = {entry.name: entry for entry in entries if not _is_hidden(entry.name)}
        folders = {name for name, entry in there.items() if entry.is_dir(follow_symlinks=False)}
        names = (name for name in there.keys() - folders if not is_ignored(name) and wanted(name))
        for name in sorted(names)[:limit]:
            try:
                status = there[name].stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # its source took it back between the two calls
            done = name + DONE in there and name + DONE not in folders
            busy = not done and is_being_written(name, within=descriptor)
            files[name] = SeenFile(status.st_size, modified_ns(status), done, busy)
    finally:
        os.close(descriptor)
    return files, sorted(name for name in folders if not is_ignored(name))


def modified_ns(status: os.stat_result) -> int:
    """The modification time, within what a database holds: a source may set it to any year."""
    return max(-_NEWEST_NS, min(status.st_mtime_ns, _NEWEST_NS))


def settled(before: InboxSnapshot, now: InboxSnapshot) -> dict[str, SeenFile]:
    """The files of `now` that are complete, given an earlier look."""
    return {
        name: seen
        for name, seen in now.files.items()
        if seen.done or (not seen.being_written and _same(before.files.get(name), seen))
    }


def _same(earlier: SeenFile | None, now: SeenFile) -> bool:
    return earlier is not None and (earlier.size, earlier.modified_ns) == (now.size, now.modified_ns)


def is_being_written(path: Path | str, within: int | None = None) -> bool:
    """True when the kernel knows that a process holds the file open for writing.

    A lease is what the kernel refuses while there is a writer. Where it cannot tell (a network file system,
    another owner), two looks must do.
    """
    try:
        if not stat.S_ISREG(os.stat(path, dir_fd=within, follow_symlinks=False).st_mode):
            return False
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=within)
    except OSError:
        return False
    try:
        # Whoever opens the file while we hold the lease has the kernel signal us; the default signal kills.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
