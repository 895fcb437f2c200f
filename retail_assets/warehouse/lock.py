"""What lets one at a time touch the working warehouse: a file lock keeps others out, a pool orders the queue."""

from contextlib import AbstractContextManager
from pathlib import Path

from retail_assets.lake import Lake, file_lock, is_locked

WAREHOUSE_POOL = "warehouse"


def warehouse_lock(lake: Lake) -> AbstractContextManager[None]:
    """Held by whoever builds, reads or publishes the working warehouse; never twice in one thread."""
    return file_lock(_lock_file(lake))


def is_at_work(lake: Lake) -> bool:
    """Whether somebody holds that lock right now."""
    return is_locked(_lock_file(lake))


def _lock_file(lake: Lake) -> Path:
    return lake.lock_file("warehouse")
