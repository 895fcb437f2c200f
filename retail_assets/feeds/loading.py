"""The bytes of one file become finished files of the lake: read, mapped, accounted for, put in place."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from retail_assets.config import Settings
from retail_assets.feeds.mapping.asking import mapping_duckdb
from retail_assets.feeds.mapping.engine import Content, Mapped, run_mapping
from retail_assets.feeds.mapping.judging import contract_version
from retail_assets.feeds.mapping.load import Match
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet, read_records
from retail_assets.intake.row_counts import RowCounts
from retail_assets.lake import Lake, put_in_place, scratch_folder
from retail_assets.sandbox.limits import Limits


@dataclass(frozen=True)
class Loaded:
    """What a file was and what became of it."""

    counts: list[RowCounts]
    unknown_columns: list[str]
    record_count: int
    left_out: tuple[str, ...]


def content_key(sha256: str, name_values: Mapping[str, str], mapping: SourceMapping) -> str:
    """Names what a file becomes: the same bytes, name, mapping and contracts give the same rows."""
    feeds = {block.feed.name: block.feed for target in mapping.targets for block in target.blocks}
    contracts = [[name, contract_version(feed)] for name, feed in sorted(feeds.items())]
    parts = [sha256, sorted(name_values.items()), mapping.name, mapping.version, contracts]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def load_content(
    *,
    stored: Path,
    name: str,
    match: Match,
    content_key: str,
    lake: Lake,
    settings: Settings,
) -> Loaded:
    """Read and map one stored file; its rows, rejects and documents lie in the lake when this returns.

    Doing it again changes nothing. Raises Unreadable.
    """
    with scratch_folder(lake) as scratch:
        records, mapped = map_file(
            path=stored, name=name, match=match, content_key=content_key, folder=scratch, settings=settings
        )
        for feed, rows in mapped.rows.items():
            put_in_place(rows, lake.rows(feed, content_key))
        if mapped.rejects:
            put_in_place(mapped.rejects, lake.rejects(content_key))
        if mapped.documents:
            put_in_place(mapped.documents, lake.documents(content_key))
    return Loaded(
        counts=mapped.counts,
        unknown_columns=mapped.unknown_columns,
        record_count=records.record_count,
        left_out=records.left_out,
    )


def map_file(
    *, path: Path, name: str, match: Match, content_key: str, folder: Path, settings: Settings
) -> tuple[RecordSet, Mapped]:
    """Read and map one file into a folder, and touch nothing else. Raises Unreadable."""
    records = read_records(
        path, name=name, layout=match.mapping.layout, out=folder, limits=ReaderLimits.of(settings)
    )
    content = Content(
        records=records.path,
        columns=records.columns,
        format=records.format,
        name_values=match.name_values,
        content_key=content_key,
    )
    limits = Limits(
        memory_bytes=settings.reader_memory_bytes,
        file_bytes=settings.max_file_bytes,
        seconds=settings.reader_seconds,
        threads=settings.duckdb_threads,
    )
    with mapping_duckdb(folder=folder, memory=settings.duckdb_memory, limits=limits) as engine:
        return records, run_mapping(engine=engine, mapping=match.mapping, content=content, folder=folder)
