"""Whose fault is an error: a file's, which goes to quarantine, or the machine's, which stops the run?

Asked in the platform's own process and, about what reading raises, in the child processes that read.
"""

import errno
import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from retail_assets.errors import DiskFull, UnusableDatabase

_FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT})
_BROKEN_DISK = frozenset({errno.EIO, errno.EROFS, errno.ESTALE})
_MACHINES = _FULL_DISK | _BROKEN_DISK | {errno.EMFILE, errno.ENFILE}
"""What the next file would meet too."""

_BEYOND_LIMITS = {errno.ENOMEM, errno.EFBIG}
_ONLY_HERE = {errno.ENOMEM}
"""In a child it is the limit that was set for one file. (So is a MemoryError anywhere: Python raises it for what one
file asks for, and a machine that is short of memory kills instead.)"""
_ONLY_IN_CHILDREN = {errno.EACCES, errno.EPERM, errno.ENOENT}
"""A child opens nothing but the platform's own files."""

_DATABASE_FULL = "database or disk is full"
_TEXTS = {os.strerror(number): number for number in _MACHINES | _ONLY_IN_CHILDREN | _BEYOND_LIMITS} | {
    _DATABASE_FULL: errno.ENOSPC
}
_ENGINES_SAY = (
    ("OSError", r"(.+) \(os error \d+\)"),  # polars
    ("ComputeError", r"parquet: File out of specification: underlying IO error: (.+) \(os error \d+\)"),
    ("IOException", r'IO Error: (?:Could not|Cannot|Failed to) [^"]*"[^"\n]*": (.+)'),  # DuckDB
    (
        "IOException",
        r'IO Error: Async \w+ failed for range [^"{]*{"exception_type":"IO",.*": (.+)","errno":"\d+"}',
    ),
    ("OperationalError", f"({_DATABASE_FULL})"),  # SQLite
)
"""Errors that come without a number, and where in the whole of their text the engine itself names the trouble. The
same words anywhere else may be quoted from a file."""


class MachineTrouble(OSError):
    """Reading failed in a child process for a reason that no other file would have changed."""


def is_full_disk(error: BaseException) -> bool:
    """True when an error, or what caused it, is a lack of space."""
    if _number(error) in _FULL_DISK:
        return True
    return error.__cause__ is not None and is_full_disk(error.__cause__)


def is_the_machines(error: BaseException) -> bool:
    """True when trying the next file cannot help."""
    known = isinstance(error, MachineTrouble | UnusableDatabase) or _number(error) in _MACHINES | _ONLY_HERE
    return known or _is_the_databases(error) or is_full_disk(error)


def _number(error: BaseException) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    for kind, said in _ENGINES_SAY:
        if type(error).__name__ == kind and (found := re.fullmatch(said, str(error))):
            return _TEXTS.get(found[1])
    return None


def _is_the_databases(error: BaseException) -> bool:
    """Away, locked or broken; values that it does not take are those of a file."""
    from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

    return isinstance(error, SQLAlchemyError) and not isinstance(error, DataError | IntegrityError)


@contextmanager
def explained_full_disk(root: Path) -> Generator[None]:
    """Turn whatever a full disk raises into one sentence that says what to do."""
    try:
        yield
    except Exception as error:
        if isinstance(error, DiskFull) or not is_full_disk(error):
            raise
        free = shutil.disk_usage(root).free
        said = (str(error).splitlines() or [type(error).__name__])[0][:300]
        raise DiskFull(
            f"No space left for {root}: {free / 2**20:,.1f} MiB are free ({said}). Nothing is lost: files "
            "that were taken wait in lake/claims. Free some space and run again."
        ) from error


def machine_trouble(error: BaseException) -> int | None:
    """In a child process: the error number, if reading failed for a reason that no other file would have changed."""
    number = _number(error)
    return number if number in _MACHINES | _ONLY_IN_CHILDREN else None


def beyond_limits(error: BaseException) -> bool:
    """In a child process: whether one file asked for more memory, or for a larger file, than it may have."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException":
        return True
    # What else DuckDB says quotes queries and values, in which the word may stand.
    said = type(error).__module__ != "_duckdb" and "memory" in str(error).lower()
    return said or _number(error) in _BEYOND_LIMITS
