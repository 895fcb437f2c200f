"""When is a file in an inbox complete? Looks at folders, compares two looks; takes and opens nothing.

A file has settled when its size and modification time are the same in two looks and nobody has it open for
writing, or when `NAME.done` lies beside it. Folders are never taken; what a transfer tool is still writing is
not even looked at.
"""

import fcntl
import json
import os
import signal
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

DONE = ".done"
UNFINISHED_SUFFIXES = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp", "~")
"""How transfer tools and editors call a file that they have not finished."""

_NEWEST_NS = 2**63 - 1


class Seen(NamedTuple):
    """What one look saw of a file."""

    size: int
    modified_ns: int
    done: bool
    being_written: bool = False


@dataclass(frozen=True)
class Look:
    """The files of one inbox folder at one moment, by name."""

    files: dict[str, Seen]

    def to_json(self) -> str:
        return json.dumps(self.files)

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls({name: Seen(*seen) for name, seen in json.loads(text).items()})


def is_ignored(name: str) -> bool:
    """True for hidden files, markers and files that a transfer has not finished."""
    return name.startswith(".") or name.lower().endswith((DONE, *UNFINISHED_SUFFIXES))


def look(inbox: Path, *, limit: int | None = None) -> Look:
    """Look at an inbox folder, or at its first `limit` names. A missing folder is empty."""
    if not inbox.is_dir():
        return Look({})
    with os.scandir(inbox) as entries:
        there = {entry.name: entry for entry in entries}
    names = sorted(n for n, e in there.items() if not is_ignored(n) and not e.is_dir(follow_symlinks=False))
    files = {}
    for name in names[:limit]:
        try:
            status = there[name].stat(follow_symlinks=False)
        except FileNotFoundError:
            continue  # its source took it back between the two calls
        marker = there.get(name + DONE)
        done = marker is not None and not marker.is_dir(follow_symlinks=False)
        busy = not done and is_being_written(inbox / name)
        files[name] = Seen(status.st_size, modified_ns(status), done, busy)
    return Look(files)


def modified_ns(status: os.stat_result) -> int:
    """The modification time, within what a database holds: a source may set it to any year."""
    return max(-_NEWEST_NS, min(status.st_mtime_ns, _NEWEST_NS))


def settled(before: Look, now: Look) -> dict[str, Seen]:
    """The files of `now` that are complete, given an earlier look."""
    return {
        name: seen
        for name, seen in now.files.items()
        if seen.done or (not seen.being_written and _same(before.files.get(name), seen))
    }


def _same(earlier: Seen | None, now: Seen) -> bool:
    return earlier is not None and (earlier.size, earlier.modified_ns) == (now.size, now.modified_ns)


def is_being_written(path: Path) -> bool:
    """True when the kernel knows that a process holds the file open for writing.

    A lease is what the kernel refuses while there is a writer. Where it cannot tell (a network file system,
    another owner), two looks must do.
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
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


def folders_in(inbox: Path) -> list[str]:
    """Folders inside an inbox folder, which are never taken; hidden ones belong to transfer tools."""
    if not inbox.is_dir():
        return []
    with os.scandir(inbox) as entries:
        return sorted(e.name for e in entries if e.is_dir(follow_symlinks=False) and not is_ignored(e.name))
