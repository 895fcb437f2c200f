"""How much a source's column name is like what sources call a contract column, in several languages."""

import difflib
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

import yaml

from retail_assets.feeds.mapping.table import MAX_COMPARED

_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae"})


@lru_cache(maxsize=10_000)
def words(name: str) -> tuple[str, ...]:
    """`unitPrice (€)`, `UNIT_PRICE` and `Unit price` are the same words."""
    plain = unicodedata.normalize("NFKD", name[:MAX_COMPARED].translate(_LETTERS))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return tuple(re.findall(r"[a-z0-9]+", plain.lower()))


def likeness(source: str, *, feed: str, column: str) -> float:
    """From 0 to 1; the name of a nested field counts with and without those above it."""
    last = source.rsplit(".", 1)[-1]
    if words(source) == words(column):
        return 1.0
    known = _known(feed, column)
    return max(
        max((_alike(words(source), k, whole) for k, whole in known), default=0.0),
        max((_alike(words(last), k, whole) for k, whole in known), default=0.0) * 0.98,
    )


def _alike(name: tuple[str, ...], known: tuple[str, ...], whole: bool) -> float:
    mine, theirs = "".join(name), "".join(known)
    if mine == theirs:
        return 0.99
    if whole or not mine:
        return 0.0
    if set(known) <= set(name):
        return max(0.88 - 0.06 * (len(name) - len(known)), 0.6)
    if len(theirs) >= 4 and theirs in mine:
        return 0.7
    typos = difflib.SequenceMatcher(None, mine, theirs)
    typo = typos.ratio() if typos.real_quick_ratio() > 0.85 else 0.0  # their lengths alone tell most apart
    return 0.75 * typo if typo > 0.85 and min(len(mine), len(theirs)) > 4 else 0.0


@cache
def _known(feed: str, column: str) -> tuple[tuple[tuple[str, ...], bool], ...]:
    """What a contract column is called; True where only the whole name will do."""
    table = _table()
    listed = table.get(f"{feed}.{column}") or table.get(column) or {}
    names = [column, *(name for language in listed.values() for name in language)]
    names += [name.replace("nummer", "nr") for name in names if "nummer" in name]
    return tuple((words(name), name.startswith("=")) for name in names)


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return yaml.safe_load(Path(__file__).with_name("synonyms.yaml").read_text(encoding="utf-8"))
