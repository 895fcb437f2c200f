"""Whose fault is an error: a file's, which goes to quarantine, or the machine's, which stops the run?

Asked in the platform's own process and, about what reading raises, in the child processes that read.
"""

import errno
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from retail_assets.errors import DiskFull

_FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT})
_BROKEN_DISK = frozenset({errno.EIO, errno.EROFS, errno.ESTALE})
_MACHINES = _FULL_DISK | _BROKEN_DISK | {errno.EMFILE, errno.ENFILE}
"""What the next file would meet too."""

_ONLY_HERE = {errno.ENOMEM}
"""In a child it is the limit that was set for one file. (So is a MemoryError anywhere: Python raises it for what one
file asks for, and a machine that is short of memory kills instead.)"""
_ONLY_IN_CHILDREN = {errno.EACCES, errno.EPERM, errno.ENOENT}
"""A child opens nothing but the platform's own files."""

_TEXTS = {os.strerror(number).lower(): number for number in (*_FULL_DISK, errno.EIO, errno.EROFS)} | {
    "database or disk is full": errno.ENOSPC
}
"""Libraries wrap these in errors of their own and leave only the text."""
_ENGINES_SAY = {"IOException", "OperationalError", "ComputeError"}
"""Errors of DuckDB, SQLAlchemy and polars that name a trouble in their text only. Others may quote a file."""


class MachineTrouble(OSError):
    """Reading failed in a child process for a reason that no other file would have changed."""


def is_full_disk(error: BaseException) -> bool:
    """True when an error, or what caused it, is a lack of space."""
    if _number(error) in _FULL_DISK:
        return True
    return error.__cause__ is not None and is_full_disk(error.__cause__)


def is_the_machines(error: BaseException) -> bool:
    """True when trying the next file cannot help."""
    known = isinstance(error, MachineTrouble) or _number(error) in _MACHINES | _ONLY_HERE
    return known or _is_the_databases(error) or is_full_disk(error)


def _number(error: BaseException) -> int | None:
    if isinstance(error, OSError):
        return error.errno
    return _number_in_text(error) if type(error).__name__ in _ENGINES_SAY else None


def _number_in_text(error: BaseException) -> int | None:
    said = str(error).lower()
    return next((number for text, number in _TEXTS.items() if text in said), None)


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
    if isinstance(error, OSError) and error.errno in _MACHINES | _ONLY_IN_CHILDREN:
        return error.errno
    return _number_in_text(error)


def out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or "memory" in str(error).lower()
