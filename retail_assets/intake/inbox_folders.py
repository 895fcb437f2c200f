"""Opening a folder of an inbox: no level of its path may be a link, else what lies elsewhere would be taken."""

import errno
import os
from pathlib import Path

LINK_ERRORS = frozenset({errno.ELOOP, errno.ENOTDIR})
"""What opening such a folder raises; also of what is no folder at all."""


def open_inbox_folder(path: Path) -> int:
    """A descriptor of a folder, which stays the same folder whatever is put under its name later.

    Raises FileNotFoundError, OSError with one of LINK_ERRORS where a level is a link, PermissionError.
    """
    descriptor = os.open(path.anchor, os.O_PATH | os.O_DIRECTORY)
    for name in path.parts[1:-1]:
        descriptor = _step(descriptor, name, os.O_PATH)
    return _step(descriptor, path.parts[-1], os.O_RDONLY)


def has_link(path: Path) -> bool:
    """Whether a level of the path is a link, or no folder."""
    try:
        os.close(open_inbox_folder(path))
    except OSError as problem:
        return problem.errno in LINK_ERRORS
    return False


def _step(descriptor: int, name: str, how: int) -> int:
    try:
        return os.open(name, how | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
    finally:
        os.close(descriptor)
