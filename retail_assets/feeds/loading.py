"""The bytes of one file become finished files of the lake: read, mapped, accounted for, put in place."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from retail_assets.config import Settings
from retail_assets.feeds.contracts.base import Feed
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.feeds.mapping.accounts import Account
from retail_assets.feeds.mapping.engine import Content, Mapped, run_mapping
from retail_assets.feeds.mapping.judging import contract_checks, contract_kind
from retail_assets.feeds.mapping.load import Match
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.mapping.sandbox import open_engine
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet, read_records
from retail_assets.lake import Lake, put_in_place, scratch_folder

__all__ = ["Account", "Loaded", "content_key", "load_content", "map_file"]


@dataclass(frozen=True)
class Loaded:
    """What a file was and what became of it."""

    accounts: list[Account]
    unknown_columns: list[str]
    record_count: int
    encoding: str | None
    delimiter: str | None


def content_key(sha256: str, name_values: Mapping[str, str], mapping: SourceMapping) -> str:
    """Names what a file becomes: the same bytes, name, mapping and contracts give the same rows."""
    feeds = sorted({block.feed for target in mapping.targets for block in target.blocks})
    contracts = [[name, contract_version(FEEDS[name])] for name in feeds]
    parts = [sha256, sorted(name_values.items()), mapping.name, mapping.version, contracts]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def contract_version(feed: Feed) -> str:
    """Changes whenever the contract would judge rows otherwise."""
    columns = [(name, contract_kind(column).sql_type) for name, column in feed.columns.items()]
    checks = [(check.condition, check.rule) for check in contract_checks(feed)]
    return hashlib.sha256(json.dumps([columns, checks, feed.key]).encode()).hexdigest()[:16]


def load_content(
    *,
    stored: Path,
    name: str,
    folder: str,
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
        accounts=mapped.accounts,
        unknown_columns=mapped.unknown_columns,
        record_count=records.record_count,
        encoding=records.encoding,
        delimiter=records.delimiter,
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
    engine = open_engine(folder=folder, memory=settings.duckdb_memory, threads=settings.duckdb_threads)
    with engine:
        return records, run_mapping(engine=engine, mapping=match.mapping, content=content, folder=folder)
