"""Where things lie, and how bytes get there whole. Nothing else in the project composes a data path.

Layout under `RETAIL_DATA_DIR`:

    inbox/feeds/<feed>/  inbox/decisions/        what sources and people drop; flows have folders of their own
    sources/*.yaml                               the retailer's own source mappings
    lake/claims/<batch>/<number>                 taken out of the inbox, not yet recorded as finished
    lake/quarantine/<sequence>                   what must not be read (a link, a device, too large)
    lake/files/<2 hex>/<sha256>                  the bytes of every drop, once
    lake/rows/<feed>/<content_key>.parquet       admitted rows
    lake/documents/<content_key>.parquet         documents and store-days a content replaces
    lake/rejects/<content_key>.parquet           rejected rows with their reasons
    lake/flags/<content_key>.parquet             flags of admitted rows
    lake/ledger/<table>.parquet                  the ledger, exported for the warehouse
    lake/tables/<table>/<part>.parquet           what flows work out, for the warehouse
    lake/platform-id                             the id that the ledger carries too
    lake/snapshot/                               what the last build of the warehouse read of the two above
    lake/work/<flow>/                            finished pieces of unfinished work, and what is worth keeping
    lake/scratch/                                unfinished writes; safe to delete when nothing runs
    warehouse/warehouse.duckdb                   dbt's working file
    platform.json                                what set-up fixed once
    sample/truth/<flow>/<thing>/                 what is true of the sample retailer
    mlflow/                                      the model registry: its files, and its database by default
    releases/<n>/   published -> releases/<n>    what readers see
    releases/shared/                             files of rows of marts, to which all releases lead
"""

import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
"""Modes of all but what is published: the inbox is its sources', releases are their audiences'."""

DISK_THREADS = 4
"""Small files wait for the disk and not for the processor; fsyncs and removals that wait together are quicker."""


@dataclass(frozen=True)
class Lake:
    """The paths of one platform."""

    root: Path

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def sources(self) -> Path:
        return self.root / "sources"

    @property
    def claims(self) -> Path:
        return self.root / "lake" / "claims"

    @property
    def quarantine(self) -> Path:
        return self.root / "lake" / "quarantine"

    @property
    def scratch(self) -> Path:
        return self.root / "lake" / "scratch"

    @property
    def ledger(self) -> Path:
        return self.root / "lake" / "ledger"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse" / "warehouse.duckdb"

    @property
    def mlflow(self) -> Path:
        return self.root / "mlflow"

    @property
    def platform_file(self) -> Path:
        """What set-up fixed once about this platform."""
        return self.root / "platform.json"

    @property
    def identity_file(self) -> Path:
        """The id of the platform whose drops lie in the lake."""
        return self.root / "lake" / "platform-id"

    @property
    def sample_truth(self) -> Path:
        """What is true of the sample retailer; beside the inbox, not in it."""
        return self.root / "sample" / "truth"

    @property
    def sample_later(self) -> Path:
        """What people of the sample retailer drop in the morning after its first night."""
        return self.root / "sample" / "later"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def row_files(self) -> Path:
        return self.releases / "shared"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def stored_files(self) -> Path:
        return self.root / "lake" / "files"

    def stored_file(self, sha256: str) -> Path:
        return self.stored_files / sha256[:2] / sha256

    def rows(self, feed: str, content_key: str) -> Path:
        return self.rows_folder(feed) / f"{content_key}.parquet"

    def rows_folder(self, feed: str) -> Path:
        return self.root / "lake" / "rows" / feed

    def documents(self, content_key: str) -> Path:
        return self.root / "lake" / "documents" / f"{content_key}.parquet"

    def rejects(self, content_key: str) -> Path:
        return self.root / "lake" / "rejects" / f"{content_key}.parquet"

    def flags(self, content_key: str) -> Path:
        return self.root / "lake" / "flags" / f"{content_key}.parquet"

    def table_folder(self, table: str) -> Path:
        return self.root / "lake" / "tables" / table

    @property
    def snapshot(self) -> Path:
        return self.root / "lake" / "snapshot"

    def work_folder(self, flow: str) -> Path:
        return self.root / "lake" / "work" / flow

    def lock_file(self, name: str) -> Path:
        return self.root / "lake" / f".{name}.lock"


def private_folder(folder: Path) -> Path:
    """Make a folder that only the platform's user enters, whatever the umask, and what is missing above it."""
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return folder


@contextmanager
def file_lock(path: Path) -> Generator[None]:
    """Hold an exclusive lock that dies with its process; waits until it is free.

    A Dagster pool's slot outlives a killed run, this lock does not.
    """
    private_folder(path.parent)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)


def is_locked(path: Path) -> bool:
    """Whether somebody holds that lock right now."""
    if not path.exists():
        return False
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


@contextmanager
def scratch_folder(lake: Lake) -> Generator[Path]:
    """A fresh folder on the lake's own file system, so that finished files move out by rename.

    Its owner holds a lock on it, which tells `sweep_scratch` that it is in use.
    """
    folder = private_folder(lake.scratch / uuid.uuid4().hex)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield folder
    finally:
        os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def sweep_scratch(lake: Lake, *, min_age_seconds: float = 60) -> None:
    """Remove what killed processes left in scratch.

    A folder younger than a minute stays: its owner may not hold the lock yet.
    """
    if not lake.scratch.is_dir():
        return
    for folder in lake.scratch.iterdir():
        with suppress(
            FileNotFoundError, BlockingIOError
        ):  # its owner removed it meanwhile, or is at work in it
            if folder.is_dir() and time.time() - folder.stat().st_mtime >= min_age_seconds:
                _remove_unlocked(folder)


def _remove_unlocked(folder: Path) -> None:
    """Raises BlockingIOError when somebody holds a lock on the folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)
    shutil.rmtree(folder, ignore_errors=True)


def put_in_place(finished: Path, target: Path) -> None:
    """Make a finished file the platform's alone and durable, then visible under its final name, in that order."""
    _make_durable(finished)
    private_folder(target.parent)
    finished.replace(target)
    sync_folder(target.parent)


def put_all_in_place(finished: Mapping[Path, Path], *, mode: int = PRIVATE_FILE) -> None:
    """The same for many, by their final names: they wait for the disk together."""
    with ThreadPoolExecutor(DISK_THREADS) as pool:
        list(pool.map(partial(_make_durable, mode=mode), finished.values()))
    folders = {target.parent for target in finished}
    for folder in folders:
        private_folder(folder)
    for target, file in finished.items():
        file.replace(target)
    for folder in folders:
        sync_folder(folder)


def _make_durable(file: Path, *, mode: int = PRIVATE_FILE) -> None:
    with file.open("rb") as handle:
        os.fchmod(handle.fileno(), mode)
        os.fsync(handle.fileno())


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
