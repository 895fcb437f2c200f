"""How tables come in: source mappings read the files, contracts judge the rows."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import Connection

from retail_assets.decisions.log import decisions_in, record_decisions
from retail_assets.errors import MappingError, Unreadable
from retail_assets.feeds.duplicates import duplicate_of
from retail_assets.feeds.loading import Loaded, ToLoad, content_key, load_content
from retail_assets.feeds.mapping.load import Sources, load_sources
from retail_assets.feeds.readers.kinds import TABLE_SUFFIXES
from retail_assets.feeds.small_files import load_small_contents
from retail_assets.intake.archives import archive_handler
from retail_assets.intake.handlers import DECISIONS, Handler, Identity, Inbox, OneByOne, Outcome
from retail_assets.intake.ledger_tables import Drop
from retail_assets.lake import Lake
from retail_assets.names import shortened
from retail_assets.platform import Platform

NAME = "tables"
ABSENT_COLUMNS = "absent_columns"
"""What is kept of a content beside its rows: the columns that its mapping speaks of and it lacks, as JSON."""


def current_sources(platform: Platform) -> Sources:
    """The source mappings that are in force on a platform."""
    lake = platform.lake
    remembered = lake.work_folder("mappings") / "passed.json"
    return load_sources([lake.sources], tuple(platform.feeds.values()), remember=remembered)


def archives(platform: Platform) -> Handler:
    """The handler of archives, whatever comes in them."""
    return archive_handler(platform.settings)


def table_handler(platform: Platform) -> Handler:
    """The handler of all feeds, with the source mappings as they are now."""
    tables = _Tables(platform, current_sources(platform))
    inbox = platform.lake.inbox
    return Handler(
        name=NAME,
        description="Tables of every format, and decisions.",
        inboxes=tuple(Inbox(feed.folder, inbox / feed.inbox) for feed in platform.feeds.values()),
        reader=OneByOne(tables.load, tables.load_small),
        identify=tables.identify,
        takes=tables.takes,
        holds=lambda folder, name: tables.sources.why_held(folder, own_name(name)),
        duplicate_of=tables.duplicate_of,
        after_load=tables.after_load,
        starts=tables.starts,
    )


@dataclass(frozen=True)
class _Tables:
    """What the handler does, with one look at the source mappings."""

    platform: Platform
    sources: Sources

    def takes(self, folder: str, name: str) -> bool:
        # Beside photos or documents only what calls itself a table is one.
        return folder in self._own_folders or name.lower().endswith(TABLE_SUFFIXES)

    @cached_property
    def _own_folders(self) -> set[str]:
        feeds = self.platform.feeds.values()
        return {DECISIONS, *(feed.folder for feed in feeds if feed.inbox == f"feeds/{feed.folder}")}

    def identify(self, drop: Drop) -> Identity:
        match = self.sources.match(drop.folder, own_name(drop.name))
        zone = self.platform.settings.time_zone
        key = content_key(drop.sha256 or "", match.name_values, match.mapping, business_zone=zone)
        return Identity(match.mapping.name, match.mapping.version, match.name_values, key, notes=match)

    def duplicate_of(self, connection: Connection, drop: Drop, identity: Identity) -> int | None:
        feeds, lake, settings = self.platform.feeds, self.platform.lake, self.platform.settings
        return duplicate_of(
            connection, drop=drop, identity=identity, feeds=feeds, lake=lake, settings=settings
        )

    def load(self, stored: Path, drop: Drop, identity: Identity) -> Outcome:
        lake, settings, match = self.platform.lake, self.platform.settings, identity.notes
        name, key = own_name(drop.name), identity.content_key
        try:
            loaded = load_content(
                stored=stored, name=name, match=match, content_key=key, lake=lake, settings=settings
            )
        except MappingError as error:
            raise does_not_fit(error) from error
        return self._outcome(loaded, key)

    def load_small(self, drops: Sequence[tuple[Path, Drop, Identity]]) -> list[Outcome | Exception]:
        contents = [
            ToLoad(stored, own_name(drop.name), identity.notes, identity.content_key)
            for stored, drop, identity in drops
        ]
        loaded = load_small_contents(contents, lake=self.platform.lake, settings=self.platform.settings)
        return [
            self._outcome(one, content.content_key)
            if isinstance(one, Loaded)
            else does_not_fit(one)
            if isinstance(one, MappingError)
            else one
            for content, one in zip(contents, loaded, strict=True)
        ]

    def _outcome(self, loaded: Loaded, key: str) -> Outcome:
        return Outcome(
            rows=rows_by_feed(self.platform.lake, loaded.feeds, key),
            counts=loaded.counts,
            records=loaded.record_count,
            unknown_columns=[shortened(name) for name in loaded.unknown_columns],
            left_out=[shortened(what) for what in loaded.left_out],
            encoding_doubt=loaded.encoding_doubt,
            metadata={ABSENT_COLUMNS: json.dumps([shortened(name) for name in loaded.absent_columns])},
            files=loaded.files,
        )

    def after_load(
        self, connection: Connection, drop: Drop, identity: Identity, outcome: Outcome
    ) -> list[str]:
        if "decisions" not in outcome.rows:
            return []
        return record_decisions(
            connection,
            decisions_in(self.platform.lake, identity.content_key),
            drop=drop,
            kinds=self.platform.decision_kinds,
            roles=self.platform.settings.roles,
        )

    def starts(self, folder: str) -> list[str]:
        """A decision may release or withdraw any file, and promote a model."""
        if folder == DECISIONS:
            tables = (f"lake/{table}" for table in self.platform.tables)
            return [*(f"feeds/{feed}" for feed in self.platform.feeds), *tables]
        return [f"feeds/{feed}" for feed in self.sources.reachable(folder)]


def does_not_fit(error: MappingError) -> Unreadable:
    """The refusal of a file that its source mapping does not fit."""
    return Unreadable(
        "mapping_does_not_fit",
        f"The source mapping does not fit this file: {error}. Mend it, then release the file.",
    )


def own_name(name: str) -> str:
    """A file's name without the folder of a nested inbox, which mappings do not speak of."""
    return name.rpartition("/")[2]


def rows_by_feed(lake: Lake, feeds: Iterable[str], key: str) -> dict[str, int]:
    """The rows that lie in the lake under a content key, by feed; feeds without any are left out."""
    files = {feed: lake.rows(feed, key) for feed in feeds}
    counts = {feed: pq.read_metadata(path).num_rows for feed, path in files.items() if path.exists()}
    return {feed: rows for feed, rows in counts.items() if rows}
