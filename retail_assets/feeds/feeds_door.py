"""The door of all feeds: source mappings read the files, contracts judge the rows."""

from pathlib import Path

import pyarrow.parquet as pq

from retail_assets.config import Settings
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.feeds.door import Door, Identity, Outcome
from retail_assets.feeds.loading import content_key, load_content
from retail_assets.feeds.mapping.load import load_sources
from retail_assets.lake import Lake


def feeds_door(settings: Settings) -> Door:
    """Open the door. A faulty mapping raises MappingError here, before a file is taken."""
    lake = Lake(settings.data_dir)
    sources = load_sources([lake.sources])

    def identify(folder: str, name: str, sha256: str) -> Identity:
        match = sources.match(folder, _own_name(name))
        key = content_key(sha256, match.name_values, match.mapping)
        return Identity(match.mapping.name, match.mapping.version, match.name_values, key)

    def load(stored: Path, folder: str, name: str, identity: Identity) -> Outcome:
        loaded = load_content(
            stored=stored,
            name=_own_name(name),
            folder=folder,
            match=sources.match(folder, _own_name(name)),
            content_key=identity.content_key,
            lake=lake,
            settings=settings,
        )
        return Outcome(
            rows=rows_by_feed(lake, identity.content_key),
            accounts=loaded.accounts,
            records=loaded.record_count,
            unknown_columns=loaded.unknown_columns,
        )

    folders = {feed.folder: lake.feed_inbox(feed.folder) for feed in FEEDS.values()}
    return Door(inboxes=folders, identify=identify, load=load)


def _own_name(name: str) -> str:
    """A file's name without the folder of a nested inbox, which mappings do not speak of."""
    return name.rpartition("/")[2]


def rows_by_feed(lake: Lake, key: str) -> dict[str, int]:
    """The rows that lie in the lake under a content key, by feed; feeds without any are left out."""
    files = {feed: lake.rows(feed, key) for feed in FEEDS}
    counts = {feed: pq.read_metadata(path).num_rows for feed, path in files.items() if path.exists()}
    return {feed: rows for feed, rows in counts.items() if rows}
