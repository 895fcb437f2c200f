"""How much a source's column name is like what sources call a contract column, in several languages."""

import difflib
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import yaml

from retail_assets.feeds.onboarding.proposing.words import PER_MANY, listed, says, words

CERTAIN = 0.93
"""From here on the name says all that is asked for; below it, it says so in part."""
_BESIDE = 0.95
_CONTRARY = 0.35
_PER_WORD = 0.001


def likeness(source: str, *, feed: str, column: str) -> float:
    """From 0 to 1; of a nested field (`lines.price`, `Order Lines/Price`) the last part counts too."""
    if words(source) == words(column):
        return 1.0
    last = re.split(r"[./>|]", source)[-1]
    of_many = PER_MANY.search(source)
    of_one = source[: of_many.start()].rstrip() if of_many else source
    spellings = {
        _to_the_point(source): _BESIDE,
        _numbered(last): 0.98,
        _numbered(of_one): 0.97,
        _numbered(source): 1.0,
    }
    best = max(
        _alike(name, "".join(name), known) * worth
        for name, worth in spellings.items()
        for known in _known(feed, column)
    )
    return max(best - _CONTRARY, 0.0) if says(source, "contrary", of=column) else best


def other_date(source: str, *, feed: str, column: str) -> str | None:
    """The word in a date's name that says that it is another one than the contract's; None if there is none."""
    said = says(source, "other_dates")
    own = said and any(set(words(said)) <= known.words for known in _known(feed, column))
    return None if own else said


def is_known(source: str) -> bool:
    """Whether sources are known to call a column so, or it speaks of persons."""
    return _numbered(source) in _all_names() or bool(says(source, "persons"))


def _to_the_point(source: str) -> tuple[str, ...]:
    return tuple(
        word
        for word in _numbered(source)
        if not says(word, "beside_the_point") and word.upper() not in _currencies()
    )


@cache
def _currencies() -> frozenset[str]:
    return listed("currencies") | {"EURO"}


@lru_cache(maxsize=10_000)
def _numbered(name: str) -> tuple[str, ...]:
    """Receipt number, receipt no and receipt # are one name, as are Bonnummer and Bon-Nr."""
    return tuple(
        re.sub(r"(?<=\w\w)(nummer|nr)$|^(n|number|num|nr|numero|numer|nummer|cislo)$", "no", w)
        for w in words(name)
    )


@dataclass(frozen=True)
class _Known:
    """One of the names that sources give a contract column."""

    words: frozenset[str]
    joined: str
    whole: bool
    """Whether only the whole name will do."""


def _alike(name: tuple[str, ...], mine: str, known: _Known) -> float:
    if not mine:
        return 0.0
    if mine == known.joined:
        return 0.99 + _PER_WORD * min(len(known.words), 5)  # the more words agree, the more is said
    if known.whole:
        return 0.0
    if known.words <= set(name):
        return max(0.88 - 0.06 * (len(name) - len(known.words)), 0.6)
    if len(known.joined) >= 4 and known.joined in mine:
        return 0.7
    if min(len(mine), len(known.joined)) <= 4 or abs(len(mine) - len(known.joined)) > len(mine) // 3:
        return 0.0  # their lengths alone tell most apart
    typo = difflib.SequenceMatcher(None, mine, known.joined).ratio()
    return 0.75 * typo if typo > 0.85 else 0.0


@cache
def _known(feed: str, column: str) -> tuple[_Known, ...]:
    table = _table()
    listed = table.get(f"{feed}.{column}") or table.get(column) or {}
    names = [column, *(name for language in listed.values() for name in language)]
    found = {name: _numbered(name) for name in names}
    return tuple(_Known(frozenset(w), "".join(w), name.startswith("=")) for name, w in found.items())


@cache
def _all_names() -> frozenset[tuple[str, ...]]:
    return frozenset(
        _numbered(name) for listed in _table().values() for language in listed.values() for name in language
    )


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return yaml.safe_load(Path(__file__).with_name("synonyms.yaml").read_text(encoding="utf-8"))
