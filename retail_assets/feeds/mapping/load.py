"""The source mappings that are in force, and which of them reads a file.

A mapping file that is wrong stops nobody else's files: its own stay in the inbox until it is mended.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from retail_assets.contract import Feed, Feeds
from retail_assets.error_classification import is_the_machines
from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.broken import BrokenMapping, broken_mapping
from retail_assets.feeds.mapping.check import PassedMappings, check_mapping
from retail_assets.feeds.mapping.file_names import fit, name_parts
from retail_assets.feeds.mapping.keys.nodes import parse_yaml
from retail_assets.feeds.mapping.keys.reading import IDENTITY, canonical_version, read_mapping
from retail_assets.feeds.mapping.mapping_files import content_of, mapping_files
from retail_assets.feeds.mapping.model import Block, Cell, FromColumn, SourceMapping, Target
from retail_assets.names import printable

PACKAGED_SOURCES = Path(__file__).resolve().parent.parent / "sources"
"""The mappings that come with the platform."""


@dataclass(frozen=True)
class Match:
    """The mapping that reads a file, and the parts of the file's name that it takes."""

    mapping: SourceMapping
    name_values: dict[str, str]


@dataclass(frozen=True)
class Sources:
    """The mappings that can read files, and those that are wrong."""

    feeds: Feeds
    mappings: tuple[SourceMapping, ...]
    broken: tuple[BrokenMapping, ...] = ()

    def match(self, folder: str, name: str) -> Match:
        """The mapping whose folder and name pattern fit best, else the one that expects the contract's names."""
        own = self._own_matches(folder, name)
        return own[0] if own else Match(identity_mapping(self._feed_of[folder]), {})

    def _own_matches(self, folder: str, name: str) -> list[Match]:
        """The mapping whose pattern fits best; several where some fit equally well."""
        here = [mapping for mapping in self.mappings if mapping.folder == folder]
        fits = {mapping.name: fit(name, mapping.files) for mapping in here}
        found = [
            Match(mapping, parts)
            for mapping in here
            if fits[mapping.name] >= 0 and (parts := _name_parts(mapping, name)) is not None
        ]
        best = max((fits[match.mapping.name] for match in found), default=-1)
        return [match for match in found if fits[match.mapping.name] == best]

    def why_held(self, folder: str, name: str) -> str | None:
        """Why a file has to wait for a mapping to be mended; None when it need not."""
        own = self._own_matches(folder, name)
        best = max((fit(name, match.mapping.files) for match in own), default=-1)
        for broken in self.broken:
            if broken.may_read(folder, name) and fit(name, broken.files) >= best:
                return (
                    f"Its source mapping is wrong: {broken.message}. It is taken once the mapping is mended."
                )
        return self.clash(folder, name)

    def clash(self, folder: str, name: str) -> str | None:
        """Which mappings all claim a file, so that nobody knows what its columns mean; None when one has it."""
        own = self._own_matches(folder, name)
        if len(own) < 2:
            return None
        claimants = " and ".join(match.mapping.where.file for match in own)
        return (
            f"The source mappings {claimants} claim it with patterns in `match.files` that fit equally well. "
            "Let the one that is meant say more of the name, or the others fit less; it is taken once one has it."
        )

    def reachable(self, folder: str) -> set[str]:
        """The feeds that files of an inbox folder may fill: its own, and those of the mappings that read there."""
        blocks = [b for m in self.mappings if m.folder == folder for t in m.targets for b in t.blocks]
        return {self._feed_of[folder].name, *(block.feed.name for block in blocks)}

    @cached_property
    def _feed_of(self) -> dict[str, Feed]:
        return {feed.folder: feed for feed in self.feeds}


def load_sources(folders: Iterable[Path], feeds: Feeds, *, remember: Path | None = None) -> Sources:
    """The packaged mappings and those of some folders; the same name in a later folder wins.

    Binding every expression of a mapping takes longer than all else on a quiet night, so what passed is remembered in a
    file, if one is given.
    """
    passed = PassedMappings(remember, feeds)
    mappings: dict[str, SourceMapping] = {}
    broken = []
    for folder in [PACKAGED_SOURCES, *folders]:
        here: dict[str, str] = {}
        try:
            paths = mapping_files(folder)
        except MappingError as error:
            broken.append(broken_mapping(folder, error, feeds))
            continue
        for path in paths:
            try:
                mapping = load_mapping(path, feeds, passed=passed)
                if mapping.name in here:
                    raise MappingError(
                        f"{printable(path.name)}: {here[mapping.name]} describes the source `{mapping.name}` already"
                    )
            except MappingError as error:
                broken.append(broken_mapping(path, error, feeds))
                continue
            here[mapping.name] = printable(path.name)
            mappings[mapping.name] = mapping
    passed.keep()
    return Sources(feeds, tuple(sorted(mappings.values(), key=lambda m: m.name)), tuple(broken))


def chosen_match(mapping: SourceMapping, name: str) -> Match:
    """A mapping that somebody chose for a file, whatever its folder and file pattern say."""
    parts = _name_parts(mapping, name)
    if parts is None:
        raise mapping.where.error(
            f"`match.name_values` finds nothing in the file name `{name}`, and the mapping takes values from it"
        )
    return Match(mapping, parts)


def load_mapping(path: Path, feeds: Feeds, *, passed: PassedMappings | None = None) -> SourceMapping:
    """One mapping file, checked unless it passed before. Raises MappingError naming file and line."""
    name, content = printable(path.name), content_of(path)
    try:
        mapping = _read(name, content, feeds)
        if passed is None or not passed.knows(content):
            if refusal := _refusal(name, content, feeds):
                raise MappingError(refusal)
            if passed is not None:
                passed.add(content)
    except MappingError:
        raise
    except Exception as error:
        if is_the_machines(error):
            raise
        said = " ".join(str(error).split())[:300]
        raise MappingError(f"{name}: reading it failed ({type(error).__name__}: {said})") from error
    return mapping


@lru_cache(maxsize=256)
def _read(name: str, content: bytes, feeds: Feeds) -> SourceMapping:
    return read_mapping(parse_yaml(name, content), feeds)


@lru_cache(maxsize=256)
def _refusal(name: str, content: bytes, feeds: Feeds) -> str | None:
    """Why a mapping does not fit itself; kept as long as this process runs, since to find out may take a minute."""
    try:
        check_mapping(_read(name, content, feeds))
    except MappingError as error:
        return str(error)
    return None


@lru_cache(maxsize=64)
def identity_mapping(feed: Feed) -> SourceMapping:
    """The mapping of a feed's files whose columns carry the contract's names."""
    cells = {name: Cell(FromColumn(name)) for name in feed.columns}
    return SourceMapping(
        name=IDENTITY,
        version=canonical_version([IDENTITY, feed.name]),
        folder=feed.folder,
        targets=(Target(name=feed.name, block=Block(feed, cells)),),
    )


def _name_parts(mapping: SourceMapping, name: str) -> dict[str, str] | None:
    if mapping.name_values is None:
        return {}
    return name_parts(mapping.name_values, name)
