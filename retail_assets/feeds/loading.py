"""The bytes of one file become finished files of the lake: read, mapped, accounted for, put in place."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from retail_assets.config import Settings
from retail_assets.feeds.mapping.asking import MappingLimits, mapping_duckdb
from retail_assets.feeds.mapping.contract_sql import contract_version
from retail_assets.feeds.mapping.engine import Content, Mapped, run_mapping
from retail_assets.feeds.mapping.file_names import values_above
from retail_assets.feeds.mapping.load import Match
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.mapping.mostly_rejected import why_mostly_rejected
from retail_assets.feeds.mapping.together import AllAdmitted
from retail_assets.feeds.readers.records import (
    ReaderLimits,
    RecordSet,
    naming_sheets,
    read_records,
    with_sheets,
)
from retail_assets.intake.hashing import key_of, sha256_of
from retail_assets.intake.row_counts import RowCounts
from retail_assets.lake import Lake, put_all_in_place, scratch_folder


@dataclass(frozen=True)
class Loaded:
    """What a file was and what became of it."""

    counts: list[RowCounts]
    unknown_columns: list[str]
    absent_columns: list[str]
    """Those that the mapping speaks of and the file lacks."""
    record_count: int
    left_out: tuple[str, ...]
    encoding_doubt: str | None
    feeds: tuple[str, ...]
    """Those that got rows."""
    files: dict[str, str]
    """Hashes of what was put into the lake, by path in the data folder."""


def content_key(
    sha256: str, name_values: Mapping[str, str], mapping: SourceMapping, *, business_zone: str
) -> str:
    """Names what a file becomes: the same bytes, name, mapping, contracts and zone of business days give the same
    rows."""
    feeds = {block.feed.name: block.feed for target in mapping.targets for block in target.blocks}
    contracts = [[name, contract_version(feed)] for name, feed in sorted(feeds.items())]
    return key_of(
        sha256, sorted(name_values.items()), mapping.name, mapping.version, contracts, business_zone
    )


@dataclass(frozen=True)
class ToLoad:
    """A stored file, the mapping that reads it, and what its rows will be called."""

    stored: Path
    name: str
    match: Match
    content_key: str


def load_content(
    *, stored: Path, name: str, match: Match, content_key: str, lake: Lake, settings: Settings
) -> Loaded:
    """Read and map one stored file; its rows, rejects, flags and documents lie in the lake when this returns.

    Doing it again changes nothing. Raises Unreadable and MappingError.
    """
    content = ToLoad(stored, name, match, content_key)
    with scratch_folder(lake) as scratch:
        result = Result.of(content, scratch, settings)
        finished = result.finished(lake)
        loaded = result.loaded(lake, finished)
        put_all_in_place(finished)
    return loaded


@dataclass(frozen=True)
class Result:
    """What one file became, before it is put in place."""

    content: ToLoad
    records: RecordSet
    mapped: Mapped | AllAdmitted

    @classmethod
    def of(cls, content: ToLoad, folder: Path, settings: Settings, *, within: Path | None = None) -> Self:
        """What `map_file` gives. Raises Unreadable also where most records were rejected."""
        records, mapped = map_file(content, folder, settings, within=within)
        refusal = why_mostly_rejected(
            mapped.counts,
            pl.scan_parquet(mapped.rejects, glob=False) if mapped.rejects else None,
            at_most=rejected_at_most(content.match.mapping, settings),
        )
        if refusal:
            raise with_sheets(refusal, records.found_sheets)
        return cls(content, records, mapped)

    def finished(self, lake: Lake) -> dict[Path, Path]:
        """Finished files by the names that they get in the lake."""
        key = self.content.content_key
        found = {lake.rows(feed, key): rows for feed, rows in self.mapped.rows.items()}
        if self.mapped.rejects:
            found[lake.rejects(key)] = self.mapped.rejects
        if self.mapped.flags:
            found[lake.flags(key)] = self.mapped.flags
        if self.mapped.documents:
            found[lake.documents(key)] = self.mapped.documents
        return found

    def loaded(self, lake: Lake, finished: Mapping[Path, Path]) -> Loaded:
        return Loaded(
            counts=self.mapped.counts,
            unknown_columns=self.mapped.unknown_columns,
            absent_columns=self.mapped.absent_columns,
            record_count=self.records.record_count,
            left_out=self.records.left_out,
            encoding_doubt=self.records.encoding_doubt,
            feeds=tuple(self.mapped.rows),
            files={str(target.relative_to(lake.root)): sha256_of(file) for target, file in finished.items()},
        )


def rejected_at_most(mapping: SourceMapping, settings: Settings) -> float:
    own = mapping.rejected_at_most
    return settings.rejected_at_most if own is None else own


def map_file(
    content: ToLoad, folder: Path, settings: Settings, *, within: Path | None = None
) -> tuple[RecordSet, Mapped]:
    """Read and map one file into a folder, and touch nothing else. Raises Unreadable and MappingError.

    Files whose folders lie `within` another one share its engine: making one takes longer than a small file.
    """
    mapping = content.match.mapping
    records = read_records(
        content.stored,
        name=content.name,
        layout=mapping.layout,
        out=folder,
        limits=ReaderLimits.of(settings),
    )
    given = Content(
        records=records.path,
        columns=records.columns,
        format=records.format,
        name_values=content.match.name_values
        | values_above(records.above, mapping.layout.above, again=records.above_again),
        content_key=content.content_key,
        business_zone=settings.time_zone,
    )
    limits = MappingLimits.of(settings)
    with naming_sheets(records.found_sheets), mapping_duckdb(within or folder, limits) as engine:
        return records, run_mapping(engine=engine, mapping=mapping, content=given, folder=folder)
