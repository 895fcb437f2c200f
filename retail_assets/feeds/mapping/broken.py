"""A mapping file that is wrong, and which files wait for it to be mended."""

import re
from dataclasses import dataclass
from pathlib import Path

from retail_assets.contract import Feeds
from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.file_names import fit
from retail_assets.feeds.mapping.functions import MAX_PATTERN
from retail_assets.feeds.mapping.keys.file import MAX_NAME_PATTERNS
from retail_assets.feeds.mapping.keys.nodes import Node, parse_yaml
from retail_assets.feeds.mapping.mapping_files import Closed, content_of
from retail_assets.intake.handlers import DECISIONS
from retail_assets.names import printable


@dataclass(frozen=True)
class BrokenMapping:
    """A mapping file that is wrong, and which files are its own, as far as that can be made out."""

    path: Path
    message: str
    """Names file and line, and what would be right."""
    folders: tuple[str, ...] = ()
    """Empty where it names no inbox folder that there is."""
    files: tuple[str, ...] = ()
    """Empty where it names none."""

    @property
    def files_in_words(self) -> str:
        """Which files wait for it."""
        return ", ".join(self.files) or ("all that no other mapping reads" if self.folders else "none")

    def may_read(self, folder: str, name: str) -> bool:
        """Whether a file may be one of its own. Of a mapping that names neither folder nor files nobody knows."""
        fits = fit(name, self.files) >= 0
        if not self.folders:
            return folder != DECISIONS and fits
        return folder in self.folders and (fits or not self.files)


def broken_mapping(path: Path, error: MappingError, feeds: Feeds) -> BrokenMapping:
    message = printable(str(error))
    if isinstance(error, Closed):
        return BrokenMapping(path, message, tuple(feed.folder for feed in feeds if feed.folder != DECISIONS))
    return BrokenMapping(path, message, *_own_files(path, feeds))


def _own_files(path: Path, feeds: Feeds) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The folders and the name patterns of a broken mapping, as far as they can be made out. Where it names neither,
    its files come into the folders of the feeds that it fills."""
    try:
        content = content_of(path)
    except MappingError:
        return (), ()
    text = content.decode("utf-8", "replace")
    folder, patterns = _match_in_yaml(path.name, content) or _match_in_text(text)
    few = len(patterns) <= MAX_NAME_PATTERNS and all(len(pattern) <= MAX_PATTERN for pattern in patterns)
    files = patterns if few else ()  # else those that are left out would be read as if nobody had a mapping
    if folder in {feed.folder for feed in feeds}:
        return (folder,), files
    filled = set(re.findall(r"\bfeed:\s*[\"']?([A-Za-z0-9_-]+)", text)) if not files else set()
    return tuple(feed.folder for feed in feeds if feed.name in filled), files


def _match_in_yaml(name: str, content: bytes) -> tuple[str | None, tuple[str, ...]] | None:
    """The folder and the patterns that `match` names; None where there is no YAML, or no such block."""
    try:
        root = parse_yaml(name, content).value
    except MappingError:
        return None
    match = root["match"].value if isinstance(root, dict) and "match" in root else None
    if not isinstance(match, dict):
        return None
    texts = {key: node.texts() for key, node in match.items() if _is_text(node)}
    return next(iter(texts.get("folder", ())), None), texts.get("files", ())


def _is_text(node: Node) -> bool:
    items = node.value if isinstance(node.value, list) else [node]
    return all(isinstance(item.value, str) for item in items)


def _match_in_text(text: str) -> tuple[str | None, tuple[str, ...]]:
    """The same of any text: what stands behind `folder:` and `files:`, in the line or below it."""
    folder = re.search(r"\bfolder:\s*[\"']?([A-Za-z0-9_-]+)", text)
    more = r"(?<=,)\n[^\n]*|\n[ \t]*(?:[-#][^\n]*)?(?=\n|\Z)"
    files = re.search(rf"\bfiles:([^\n]*(?:{more})*)", text)
    listed = re.sub(r"(?m)^\s*-|\s#.*$", " ", files[1]) if files else ""
    found = re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'|([^,\n\[\]{}\"']+)", listed)
    patterns = ("".join(pieces).strip() for pieces in found)
    return folder[1] if folder else None, tuple(pattern for pattern in patterns if pattern)
