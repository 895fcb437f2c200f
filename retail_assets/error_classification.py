"""Whose fault is an error: a file's, which goes to quarantine, or the platform's, which stops the run?

Asked in the platform's own process and, about what reading raises, in the child processes that read.
"""

import errno
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from retail_assets.errors import DiskFull

_FULL_DISK = {errno.ENOSPC, errno.EDQUOT}
_FULL_DISK_TEXTS = ("no space left on device", "database or disk is full", "disk quota exceeded")
_ENGINES_SAY = {"IOException", "OperationalError", "ComputeError"}
"""Errors of DuckDB, SQLAlchemy and polars that name a full disk in their text only. Others may quote a file."""
_BROKEN_PLATFORM = _FULL_DISK | {errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM}

_READERS_MACHINE = (
    errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT,
    errno.ENFILE, errno.EMFILE, errno.ESTALE,
)  # fmt: skip
_IN_READERS_TEXTS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
"""Libraries wrap these in errors of their own and leave only the text."""


def is_full_disk(error: BaseException) -> bool:
    """True when an error, or what caused it, is a lack of space."""
    if isinstance(error, OSError) and error.errno in _FULL_DISK:
        return True
    if type(error).__name__ in _ENGINES_SAY and any(text in str(error).lower() for text in _FULL_DISK_TEXTS):
        return True
    return error.__cause__ is not None and is_full_disk(error.__cause__)


def is_the_platforms(error: BaseException) -> bool:
    """True when trying the next file cannot help."""
    broken = isinstance(error, OSError) and error.errno in _BROKEN_PLATFORM
    return broken or _is_from_the_database(error) or is_full_disk(error)


def _is_from_the_database(error: BaseException) -> bool:
    from sqlalchemy.exc import SQLAlchemyError

    return isinstance(error, SQLAlchemyError)


@contextmanager
def explained_full_disk(root: Path) -> Generator[None]:
    """Turn whatever a full disk raises into one sentence that says what to do."""
    try:
        yield
    except Exception as error:
        if isinstance(error, DiskFull) or not is_full_disk(error):
            raise
        free = shutil.disk_usage(root).free
        said = str(error).splitlines()[0][:300]
        raise DiskFull(
            f"No space left for {root}: {free / 2**20:,.1f} MiB are free ({said}). Nothing is lost: files "
            "that were taken wait in lake/claims. Free some space and run again."
        ) from error


def machine_trouble(error: BaseException) -> int | None:
    """In a child process: the error number, if reading failed for a reason that no other file would have changed."""
    if isinstance(error, OSError) and error.errno in _READERS_MACHINE:
        return error.errno
    return next((number for number in _IN_READERS_TEXTS if os.strerror(number) in str(error)), None)


def out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or "memory" in str(error).lower()
