"""The source mappings that are in force, and which of them reads a file."""

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from retail_assets.feeds.contracts.base import Feed
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.feeds.errors import MappingError
from retail_assets.feeds.mapping.check import check_mapping
from retail_assets.feeds.mapping.model import Block, Cell, FromColumn, SourceMapping, Target
from retail_assets.feeds.mapping.nodes import parse_yaml
from retail_assets.feeds.mapping.reading import IDENTITY, canonical_version, read_mapping
from retail_assets.lake import Lake

PACKAGED = Path(__file__).resolve().parent.parent / "sources"
"""The mappings that come with the platform."""


@dataclass(frozen=True)
class Match:
    """The mapping that reads a file, and the parts of the file's name that it takes."""

    mapping: SourceMapping
    name_values: dict[str, str]


@dataclass(frozen=True)
class Sources:
    """Mappings, the ones that win first."""

    mappings: tuple[SourceMapping, ...]

    def match(self, folder: str, name: str) -> Match:
        """The mapping whose folder and name pattern fit, else the one that expects the contract's names."""
        for mapping in self.mappings:
            if mapping.folder == folder and (found := _name_values(mapping, name)) is not None:
                return Match(mapping, found)
        return Match(identity_mapping(_feed_of(folder).name), {})


def load_sources(folders: Iterable[Path]) -> Sources:
    """The packaged mappings and those of some folders; the same name in a later folder wins.

    Where several fit a file, the longest file pattern wins. Raises MappingError naming file and line.
    """
    mappings: dict[str, SourceMapping] = {}
    for folder in [PACKAGED, *folders]:
        here: dict[str, str] = {}
        for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
            mapping = load_mapping(path)
            if mapping.name in here:
                raise MappingError(
                    f"{path.name}: {here[mapping.name]} describes the source `{mapping.name}` already"
                )
            here[mapping.name] = path.name
            mappings[mapping.name] = mapping
    return Sources(tuple(sorted(mappings.values(), key=lambda m: (-max(map(len, m.files)), m.name))))


def chosen_match(mapping: SourceMapping, name: str) -> Match:
    """A mapping that somebody chose for a file, whatever its folder and file pattern say."""
    parts = _name_parts(mapping, name)
    if parts is None:
        raise mapping.where.error(
            f"`match.name_values` finds nothing in the file name `{name}`, and the mapping takes values from it"
        )
    return Match(mapping, parts)


def load_mapping(path: Path) -> SourceMapping:
    """One mapping file, checked."""
    return _load(path.name, path.read_bytes())


@lru_cache(maxsize=256)
def _load(name: str, content: bytes) -> SourceMapping:
    mapping = read_mapping(parse_yaml(name, content))
    check_mapping(mapping)
    return mapping


@lru_cache(maxsize=64)
def identity_mapping(name: str) -> SourceMapping:
    """The mapping of a feed's files whose columns carry the contract's names."""
    feed = FEEDS[name]
    cells = {name: Cell(FromColumn(name)) for name in feed.columns}
    return SourceMapping(
        name=IDENTITY,
        version=canonical_version([IDENTITY, feed.name]),
        folder=feed.folder,
        targets=(Target(name=feed.name, block=Block(feed.name, cells)),),
    )


def reachable_feeds(folder: str, lake: Lake) -> set[str]:
    """The feeds that files of an inbox folder may fill: its own, and those of the mappings that read there."""
    sources = load_sources([lake.sources])
    blocks = [b for m in sources.mappings if m.folder == folder for t in m.targets for b in t.blocks]
    return {_feed_of(folder).name, *(block.feed for block in blocks)}


def _name_values(mapping: SourceMapping, name: str) -> dict[str, str] | None:
    """The parts of a file name, or None when the mapping does not read files of that name."""
    if not any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in mapping.files):
        return None
    return _name_parts(mapping, name)


def _name_parts(mapping: SourceMapping, name: str) -> dict[str, str] | None:
    if mapping.name_values is None:
        return {}
    found = re.search(mapping.name_values, name)
    return {part: value or "" for part, value in found.groupdict().items()} if found else None


def _feed_of(folder: str) -> Feed:
    return next(feed for feed in FEEDS.values() if feed.folder == folder)
