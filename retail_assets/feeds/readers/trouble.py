"""Tells the machine's troubles from the file's: a full disk must not send a sound file to quarantine."""

import errno
import os

_MACHINE = (
    errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT,
    errno.ENFILE, errno.EMFILE, errno.ESTALE,
)  # fmt: skip
_IN_TEXTS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
"""Libraries wrap these in errors of their own and leave only the text."""


def machine_trouble(error: BaseException) -> int | None:
    """The error number, if reading failed for a reason that no other file would have changed."""
    if isinstance(error, OSError) and error.errno in _MACHINE:
        return error.errno
    return next((number for number in _IN_TEXTS if os.strerror(number) in str(error)), None)


def out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or "memory" in str(error).lower()
