"""The word lists of `words.yaml`."""

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from retail_assets.feeds.mapping.spelled_names import MAX_COMPARED

_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae"})
PER_MANY = re.compile(r"(?:/|\b(?:per|pro|je|par|por|za|na|à|a)\b)\W*(10{1,4})\b", re.IGNORECASE)
"""What a price adds to its name that is for many units: `Preis pro 100 St`."""
_COMPOUND = 5
"""So long is a word that is known within another one: `liefer` in Lieferdatum."""


@cache
def listed(name: str) -> frozenset[str]:
    """One of the lists about values; compare with lower case."""
    return frozenset(_lists()[name])


def nothing_words() -> frozenset[str]:
    """The words that mean nothing where numbers, dates or codes are expected."""
    return listed("nothing") | listed("nothing_even_in_texts")


@cache
def months() -> dict[str, str]:
    """The English names of months, by what others call them."""
    return _lists()["months"]


@cache
def english_months() -> frozenset[str]:
    """In small letters, written out or with three letters."""
    return frozenset(form for name in months().values() for form in (name.lower(), name[:3].lower()))


@lru_cache(maxsize=10_000)
def words(name: str) -> tuple[str, ...]:
    """`unitPrice (€)`, `UNIT_PRICE` and `Unit price` are the same words."""
    plain = unaccented(name[:MAX_COMPARED].replace("%", " percent "))
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    plain = re.sub("([aou])e", r"\1", plain.lower())  # Stück is written Stueck as well
    return tuple(re.findall(r"[a-z0-9]+", plain))


def unaccented(text: str) -> str:
    """A text in plain letters, where it has such."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(c for c in plain if not unicodedata.combining(c))


@lru_cache(maxsize=100_000)
def says(name: str, about: str, *, of: str | None = None) -> str | None:
    """The first word of a list (or of a contract column's part of it) that a column's name says; None if none."""
    mine = words(name)
    joined = " ".join(mine)
    for known, spelled in _spelled(about, of):
        long = len(known) >= _COMPOUND and known in joined
        if long or known in mine or (" " in known and f" {known} " in f" {joined} "):
            return spelled
    return None


def is_said_of(text: str, *lists: str) -> bool:
    """Whether each word of a value stands in one of these lists: `Sales Order`, `pending_payment`."""
    mine = words(text)
    return bool(mine) and all(word in _words_of(lists) for word in mine)


@cache
def _words_of(lists: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for name in lists for known in _lists()[name] for word in words(known))


@cache
def _spelled(about: str, of: str | None) -> tuple[tuple[str, str], ...]:
    found = _lists()[about]
    return tuple((" ".join(words(word)), word) for word in (found.get(of, ()) if of else found))


@cache
def _lists() -> dict[str, Any]:
    return yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
