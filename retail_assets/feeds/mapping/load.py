"""The source mappings that are in force, and which of them reads a file.

A mapping file that is wrong stops nobody else's files: its own stay in the inbox until it is mended.
"""

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from retail_assets.contract import Feed, Feeds
from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.check import PassedMappings, check_mapping
from retail_assets.feeds.mapping.model import Block, Cell, FromColumn, SourceMapping, Target
from retail_assets.feeds.mapping.nodes import Node, parse_yaml
from retail_assets.feeds.mapping.reading import IDENTITY, canonical_version, read_mapping
from retail_assets.intake.handlers import DECISIONS

PACKAGED_SOURCES = Path(__file__).resolve().parent.parent / "sources"
"""The mappings that come with the platform."""


@dataclass(frozen=True)
class Match:
    """The mapping that reads a file, and the parts of the file's name that it takes."""

    mapping: SourceMapping
    name_values: dict[str, str]


@dataclass(frozen=True)
class BrokenMapping:
    """A mapping file that is wrong, and which files are its own, as far as that can be made out."""

    path: Path
    message: str
    """Names file and line, and what would be right."""
    folder: str | None = None
    """None where it names no inbox folder that there is."""
    files: tuple[str, ...] = ()
    """Empty where it names none."""

    @property
    def files_in_words(self) -> str:
        """Which files wait for it."""
        return ", ".join(self.files) or ("all that no other mapping reads" if self.folder else "none")

    def may_read(self, folder: str, name: str) -> bool:
        """Whether a file may be one of its own. Of a mapping that names neither folder nor files nobody knows."""
        if self.folder is None:
            return folder != DECISIONS and _fits(name, self.files)
        return folder == self.folder and (not self.files or _fits(name, self.files))


@dataclass(frozen=True)
class Sources:
    """Mappings, the ones that win first; and those that are wrong."""

    feeds: Feeds
    mappings: tuple[SourceMapping, ...]
    broken: tuple[BrokenMapping, ...] = ()

    def match(self, folder: str, name: str) -> Match:
        """The mapping whose folder and name pattern fit, else the one that expects the contract's names."""
        return self._own_match(folder, name) or Match(identity_mapping(self._feed_of[folder]), {})

    def _own_match(self, folder: str, name: str) -> Match | None:
        for mapping in self.mappings:
            if mapping.folder == folder and (found := _name_values(mapping, name)) is not None:
                return Match(mapping, found)
        return None

    def why_held(self, folder: str, name: str) -> str | None:
        """Why a file has to wait for a mapping to be mended; None when it need not."""
        match = self._own_match(folder, name)
        for broken in self.broken:
            wins = match is not None and _longest(match.mapping.files) > _longest(broken.files)
            if broken.may_read(folder, name) and not wins:
                return (
                    f"Its source mapping is wrong: {broken.message}. It is taken once the mapping is mended."
                )
        return None

    def reachable(self, folder: str) -> set[str]:
        """The feeds that files of an inbox folder may fill: its own, and those of the mappings that read there."""
        blocks = [b for m in self.mappings if m.folder == folder for t in m.targets for b in t.blocks]
        return {self._feed_of[folder].name, *(block.feed.name for block in blocks)}

    @cached_property
    def _feed_of(self) -> dict[str, Feed]:
        return {feed.folder: feed for feed in self.feeds}


def load_sources(folders: Iterable[Path], feeds: Feeds, *, remember: Path | None = None) -> Sources:
    """The packaged mappings and those of some folders; the same name in a later folder wins.

    Where several fit a file, the longest file pattern wins. Binding every expression of a mapping takes longer than
    all else on a quiet night, so what passed is remembered in a file, if one is given.
    """
    passed = PassedMappings(remember, feeds)
    inboxes = {feed.folder for feed in feeds}
    mappings: dict[str, SourceMapping] = {}
    broken = []
    for folder in [PACKAGED_SOURCES, *folders]:
        here: dict[str, str] = {}
        for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
            try:
                mapping = load_mapping(path, feeds, passed=passed)
                if mapping.name in here:
                    raise MappingError(
                        f"{path.name}: {here[mapping.name]} describes the source `{mapping.name}` already"
                    )
            except MappingError as error:
                own, files = _own_files(path)
                broken.append(BrokenMapping(path, str(error), own if own in inboxes else None, files))
                continue
            here[mapping.name] = path.name
            mappings[mapping.name] = mapping
    passed.keep()
    ordered = sorted(mappings.values(), key=lambda m: (-_longest(m.files), m.name))
    return Sources(feeds, tuple(ordered), tuple(broken))


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
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MappingError(f"{path.name}: it cannot be read ({error.strerror})") from error
    mapping = _read(path.name, content, feeds)
    if passed is None or not passed.knows(content):
        _check(path.name, content, feeds)
        if passed is not None:
            passed.add(content)
    return mapping


@lru_cache(maxsize=256)
def _read(name: str, content: bytes, feeds: Feeds) -> SourceMapping:
    return read_mapping(parse_yaml(name, content), feeds)


@lru_cache(maxsize=256)
def _check(name: str, content: bytes, feeds: Feeds) -> None:
    check_mapping(_read(name, content, feeds))


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


def _name_values(mapping: SourceMapping, name: str) -> dict[str, str] | None:
    """The parts of a file name, or None when the mapping does not read files of that name."""
    return _name_parts(mapping, name) if _fits(name, mapping.files) else None


def _longest(patterns: Iterable[str]) -> int:
    return max(map(len, patterns), default=0)


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


def _name_parts(mapping: SourceMapping, name: str) -> dict[str, str] | None:
    if mapping.name_values is None:
        return {}
    found = re.search(mapping.name_values, name)
    return {part: value or "" for part, value in found.groupdict().items()} if found else None


def _own_files(path: Path) -> tuple[str | None, tuple[str, ...]]:
    """The folder and the name patterns that a broken mapping names, as far as they can be made out."""
    try:
        content = path.read_bytes()
        root = parse_yaml(path.name, content).value
        match = root["match"].value if isinstance(root, dict) and "match" in root else {}
        if isinstance(match, dict):
            texts = {key: node.texts() for key, node in match.items() if _is_text(node)}
            return next(iter(texts.get("folder", ())), None), texts.get("files", ())
    except OSError:
        return None, ()
    except MappingError:
        return _files_in_text(content.decode("utf-8", "replace"))
    return None, ()


def _is_text(node: Node) -> bool:
    items = node.value if isinstance(node.value, list) else [node]
    return all(isinstance(item.value, str) for item in items)


def _files_in_text(text: str) -> tuple[str | None, tuple[str, ...]]:
    """The same of a text that is no YAML: what stands behind `folder:` and `files:`, in the line or below it."""
    folder = re.search(r"\bfolder:\s*[\"']?([A-Za-z0-9_-]+)", text)
    files = re.search(r"\bfiles:([^\n]*(?:\n[ \t]*-[^\n]*)*)", text)
    listed = re.sub(r"(?m)^\s*-|\s#.*$", " ", files[1]) if files else ""
    found = re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'|([^,\n\[\]{}\"']+)", listed)
    patterns = ("".join(pieces).strip() for pieces in found)
    return folder[1] if folder else None, tuple(pattern for pattern in patterns if pattern)
