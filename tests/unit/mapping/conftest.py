"""Maps a few rows with a mapping written in the test, without a file or a reader."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.feeds.mapping.asking import mapping_duckdb
from retail_assets.feeds.mapping.check import CHECK_LIMITS
from retail_assets.feeds.mapping.engine import Content, Mapped, run_mapping
from retail_assets.feeds.mapping.load import identity_mapping, load_mapping
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.readers.records import ReaderLimits, read_records
from retail_assets.flows import platform_of
from retail_assets.intake.row_counts import FLAGGED, RowCounts

FEEDS = platform_of(Settings()).feeds

KEY = "0123456789abcdef0123456789abcdef"

SALES = """
source: till
match: {folder: sales, files: "*.csv"}
"""


@dataclass(frozen=True)
class Result:
    """What a mapping made of the rows of a test."""

    mapped: Mapped

    def rows(self, feed: str = "sales") -> list[dict[str, Any]]:
        path = self.mapped.rows.get(feed)
        return pl.read_parquet(path).sort("_record").to_dicts() if path else []

    def column(self, name: str, feed: str = "sales") -> list[Any]:
        return [row[name] for row in self.rows(feed)]

    @property
    def ends(self) -> list[tuple[int, str, str]]:
        """Record, end and rule of everything that was not admitted."""
        found = pl.read_parquet(self.mapped.ends).filter(pl.col("end") != FLAGGED).sort("_record")
        return [(row["_record"], row["end"], row["rule"]) for row in found.to_dicts()]

    @property
    def rejects(self) -> list[dict[str, Any]]:
        return pl.read_parquet(self.mapped.rejects).sort("record").to_dicts() if self.mapped.rejects else []

    @property
    def flags(self) -> list[dict[str, Any]]:
        return pl.read_parquet(self.mapped.flags).sort("record").to_dicts() if self.mapped.flags else []

    @property
    def refused(self) -> list[tuple[int, str, str, str]]:
        """Record, rule, column and value of what was rejected."""
        return [(row["record"], row["rule"], row["column"], row["value"]) for row in self.rejects]

    @property
    def documents(self) -> list[dict[str, Any]]:
        return pl.read_parquet(self.mapped.documents).to_dicts() if self.mapped.documents else []

    @property
    def counts(self) -> list[RowCounts]:
        return self.mapped.counts


Rows = list[dict[str, Any]] | pl.DataFrame
MapRows = Callable[..., Result]


@pytest.fixture
def mapping_file(tmp_path: Path) -> Callable[[str], SourceMapping]:
    """Load a mapping from text, as if it lay in the retailer's folder."""

    def load(text: str) -> SourceMapping:
        path = tmp_path / "mapping.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return load_mapping(path, tuple(FEEDS.values()))

    return load


MapFile = Callable[..., Result]


@pytest.fixture
def map_file(tmp_path: Path, mapping_file: Callable[[str], SourceMapping]) -> MapFile:
    """Read a file as its name says and map it: content as bytes, or a path where it lies already."""

    def run(
        mapping: str, content: bytes | Path, name: str = "drop.csv", business_zone: str = "Europe/Berlin"
    ) -> Result:
        known = mapping_file(mapping) if "\n" in mapping else identity_mapping(FEEDS[mapping])
        folder = tmp_path / "mapped"
        folder.mkdir(exist_ok=True)
        path = content if isinstance(content, Path) else folder / "content"
        if isinstance(content, bytes):
            path.write_bytes(content)
        limits = ReaderLimits.of(Settings())
        records = read_records(path, name=name, layout=known.layout, out=folder, limits=limits)
        given = Content(records.path, records.columns, records.format, {}, KEY, business_zone)
        with mapping_duckdb(folder, CHECK_LIMITS) as engine:
            result = Result(run_mapping(engine=engine, mapping=known, content=given, folder=folder))
        assert all(counts.adds_up for counts in result.counts), result.counts
        return result

    return run


@pytest.fixture
def map_rows(tmp_path: Path, mapping_file: Callable[[str], SourceMapping]) -> MapRows:
    """Map rows with a mapping: its text, or the name of a feed for the contract's own names."""

    def run(
        mapping: str | SourceMapping,
        rows: Rows,
        *,
        file_format: str = "csv",
        name_values: dict[str, str] | None = None,
        malformed: dict[int, str] | None = None,
        place: str | dict[int, str] | None = None,
        cells: list[str] | None = None,
        business_zone: str = "UTC",
    ) -> Result:
        if isinstance(mapping, str):
            mapping = mapping_file(mapping) if "\n" in mapping else identity_mapping(FEEDS[mapping])
        table = pl.DataFrame(rows, infer_schema_length=None)
        if file_format != "parquet":
            table = table.cast(pl.String)
        broken = [(malformed or {}).get(number) for number in range(1, table.height + 1)]
        places = place if isinstance(place, dict) else dict.fromkeys(range(1, table.height + 1), place)
        records = table.select(
            pl.int_range(1, table.height + 1, dtype=pl.Int64).alias("_record"),
            pl.Series("_place", [places.get(n + 1) for n in range(table.height)], dtype=pl.String),
            pl.Series("_malformed", broken, dtype=pl.String),
            *([pl.Series("_cells", cells)] if cells else []),
            *table.columns,
        )
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        records.write_parquet(folder / "records.parquet")
        path, named = folder / "records.parquet", name_values or {}
        content = Content(path, table.columns, file_format, named, KEY, business_zone)
        with mapping_duckdb(folder, CHECK_LIMITS) as engine:
            result = Result(run_mapping(engine=engine, mapping=mapping, content=content, folder=folder))
        assert all(counts.adds_up for counts in result.counts), result.counts
        return result

    return run
