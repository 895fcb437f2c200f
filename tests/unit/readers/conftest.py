"""What every test of the readers needs: files on disk, and records back as plain rows."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet, read_records

LIMITS = ReaderLimits.of(Settings())


@dataclass(frozen=True)
class Read:
    """A record set with its rows in memory."""

    found: RecordSet
    frame: pl.DataFrame

    @property
    def rows(self) -> list[tuple]:
        """The source's columns of the well-formed records."""
        good = self.frame.filter(pl.col("_malformed").is_null())
        return list(zip(*(good.get_column(name) for name in self.found.columns), strict=True))

    @property
    def malformed(self) -> dict[int, str]:
        bad = self.frame.filter(pl.col("_malformed").is_not_null())
        return dict(bad.select("_record", "_malformed").iter_rows())


Reader = Callable[..., Read]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Write bytes (or take a file), read them, and check what every record set promises."""

    def read_bytes(data: bytes | Path, name: str = "drop.csv", **layout: Any) -> Read:
        path = data if isinstance(data, Path) else tmp_path / "content"
        if isinstance(data, bytes):
            path.write_bytes(data)
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        found = read_records(path, name=name, layout=FileLayout(**layout), out=out, limits=LIMITS)
        frame = pl.read_parquet(found.path)
        cells = ["_cells"] if "_cells" in frame.columns else []
        frame.columns = [*frame.columns[: len(cells) + 3], *found.columns]  # DuckDB may call them otherwise
        assert frame.columns[: len(cells) + 3] == ["_record", "_place", "_malformed", *cells]
        assert frame["_record"].to_list() == list(range(1, found.record_count + 1))
        assert [p.name for p in out.iterdir()] == ["records.parquet"]
        return Read(found, frame)

    return read_bytes
