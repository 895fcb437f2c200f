"""Whose fault is an error: the file's, which goes to quarantine, or the platform's, which stops the run?"""

import errno
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from retail_assets.feeds.errors import DiskFull

_FULL_DISK = {errno.ENOSPC, errno.EDQUOT}
_FULL_DISK_TEXTS = ("no space left on device", "database or disk is full", "disk quota exceeded")
_ENGINES_SAY = {"IOException", "OperationalError", "ComputeError"}
"""Errors of DuckDB, SQLAlchemy and polars that name a full disk in their text only. Others may quote a file."""
_BROKEN_PLATFORM = _FULL_DISK | {errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM}


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
    return broken or isinstance(error, SQLAlchemyError) or is_full_disk(error)


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
