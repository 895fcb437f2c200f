"""A disk that a test can fill."""

import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import unavailable


@contextmanager
def mounted(disk: Path) -> Generator[Path]:
    """A file system of 24 MiB in a new folder."""
    if os.geteuid() != 0:
        unavailable("Only root can mount the small disk that this test fills.")
    disk.mkdir()
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["/bin/umount", str(disk)], check=True)


def fill(path: Path, *, leave: int) -> None:
    disk = os.statvfs(path.parent)
    with path.open("wb") as handle:
        handle.write(b"\0" * max(0, disk.f_bavail * disk.f_frsize - leave))
