"""What lets one at a time touch the working warehouse: a file lock keeps others out, a pool orders the queue."""

from contextlib import AbstractContextManager

from retail_assets.lake import Lake, file_lock

WAREHOUSE_POOL = "warehouse"


def warehouse_lock(lake: Lake) -> AbstractContextManager[None]:
    """Held by whoever builds, reads or publishes the working warehouse; never twice in one thread."""
    return file_lock(lake.lock_file("warehouse"))
