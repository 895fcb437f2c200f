"""Dagster's event log in SQLite, with its files kept open.

Dagster opens a connection for each event, and closing the last one writes the log of the file back into it and waits
for the disk: half the time of a small retailer's night. Kept open, storing an event takes a fifth of the time
(`python -m benchmarks.event_log`).
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import Field, StringSource
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from retail_assets.dagster_kit.private import SQLITE_BUSY_TIMEOUT_SECONDS, SqliteEventLogStorage

KEPT_OPEN = 8
"""Files: the index, and those of the runs that were used last."""


class KeptOpenEventLog(SqliteEventLogStorage):
    """As SqliteEventLogStorage, one file a run and an index of all, in `history/runs` of DAGSTER_HOME."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._kept: dict[str, tuple[Engine, int]] = {}
        self._process = os.getpid()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> Any:
        return {"base_dir": Field(StringSource, is_required=False)}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "KeptOpenEventLog":
        home = os.environ.get("DAGSTER_HOME", "")
        return cls(config_value.get("base_dir") or str(Path(home, "history", "runs")), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Generator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            try:
                with engine.connect() as connection, connection.begin():
                    yield connection
            finally:
                # Pages that follow a run wait for its file to change; what is new lies beside it until a checkpoint.
                os.utime(self.path_for_shard(shard))

    def _engine(self, shard: str) -> Engine:
        if self._process != os.getpid():  # a connection may not cross a fork
            self._kept, self._process = {}, os.getpid()
        path = Path(self.path_for_shard(shard))
        there = path.stat().st_ino if path.exists() else 0
        engine, known = self._kept.pop(shard, (None, there))
        if engine is not None and known != there:  # deleted, and made anew by somebody
            engine.dispose()
            self._initialized_dbs.discard(shard)
            engine = None
        if engine is None:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            event.listen(engine, "connect", _no_wait_for_the_disk)
            engine.connect().close()
            there = path.stat().st_ino
        self._kept[shard] = engine, there
        for oldest in list(self._kept)[:-KEPT_OPEN]:
            self._kept.pop(oldest)[0].dispose()
        return engine

    def _close(self) -> None:
        with self._db_lock:
            for engine, _ in self._kept.values():
                engine.dispose()
            self._kept = {}

    def wipe(self) -> None:
        self._close()
        super().wipe()

    def dispose(self) -> None:
        self._close()
        super().dispose()


def _no_wait_for_the_disk(connection: Any, _: Any) -> None:
    """A power cut may cost the last events of a run, and never more: the ledger has its own database."""
    connection.execute("pragma synchronous = normal")
