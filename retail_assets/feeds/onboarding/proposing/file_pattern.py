"""What of a file's name stays the same from one export to the next."""

import re

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.keys.reading import IDENTITY
from retail_assets.feeds.onboarding.proposing.words import english_months, listed, months, unaccented, words
from retail_assets.names import printable

_MAX_PATTERN = 200
_TELLING = 3
"""So many letters and digits tell one source from another."""
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]+")
_VARYING = re.compile(
    r"(?<![^\W_])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![^\W_])"  # a UUID
    r"|(?<![^\W_])(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{16,}(?![^\W_])"
    r"|\d[\d.:_ -]*T?[\d.:_ -]*\dZ?"  # a number, a date, a date with a time
    r"|\d"
    r"|(?<![^\W_])(?=[0-9a-f-]*[a-f])(?=[0-9a-f-]*\d)[0-9a-f]{8}[0-9a-f-]*(?![^\W_])"  # a hash
)
_ID = re.compile(r"(?<![^\W_])(?=[0-9-]*[a-f])[0-9a-f]{8}[0-9a-f-]{8,}(?![^\W_])", re.IGNORECASE)
_DATES = re.compile(
    r"\d{4}[-._ ]\d\d?(?:[-._ ]\d\d?)?(?!\d)|(?<!\d)\d\d?[-._ ]\d\d?[-._ ]\d{2,4}|\d{4,}(?:T?\d{4,})?"
    r"|(?<=[T_ -])\d\d[-:.h]\d\d(?:[-:.]\d\d)?(?!\d)|\(\d+\)"
)
"""Dates, times, long numbers, and which copy of a file it is: what differs from one export to the next."""
_BESIDE_A_NUMBER = re.compile(
    r"(?:(?<=\d)|(?<=\d[-_. ]))[^\W\d_]{3,}(?![^\W\d_])|(?<![^\W\d_])[^\W\d_]{3,}(?=[-_. ]?\d)"
)


def file_pattern(name: str, *, of: Feed | None = None) -> str:
    """The name with `*` for dates and numbers, and for what may name a person where the feed has personal columns. Of a
    name that is nothing else, its shape: `*` would fit every file."""
    stem, suffix = _split(name)
    hollow = _hollow(stem, of)
    if len("".join(words(hollow))) < _TELLING and not hides_words(name, of):
        plain = _ID.sub(lambda found: re.sub("[^-]", "?", found[0]), stem)
        parts = [re.sub("[0-9]", "[0-9]", _plain(part)) for part in _ADDRESS.split(plain)]
        shape = "*".join(parts) + _plain(suffix)
        return shape if len(shape) <= _MAX_PATTERN else _shortened(stem, suffix)
    pattern = "".join("*" if c == "*" else _plain(c) for c in hollow) + _plain(suffix)
    return pattern if len(pattern) <= _MAX_PATTERN else _shortened(hollow, suffix)


def source_name(name: str, *, feed: Feed) -> str:
    """A name for the source: the words of its file's name that stay."""
    source = re.sub(r"[^A-Za-z0-9]+", "_", unaccented(_hollow(_split(name)[0], feed))).strip("_")[:100]
    return feed.name if source in ("", IDENTITY) else source


def shown_file(name: str, *, of: Feed) -> str:
    """The name for a comment, without who sent it, and whom it may name."""
    stem, suffix = _split(_ADDRESS.sub("…", name))
    return printable(_known_only(stem, of, otherwise="…") + suffix)


def hides_words(name: str, of: Feed | None) -> bool:
    """Whether the name may name a person, and the feed is about persons."""
    stem = _split(name)[0]
    return _known_only(stem, of, otherwise="0") != stem


def number_doubt(name: str) -> str | None:
    """Of a number that may tell one source's files from another's: of a till, a store, a year's quarter."""
    rest = _DATES.sub(" ", _ID.sub(" ", _ADDRESS.sub(" ", _split(name)[0])))
    found = re.search(r"[^\W\d_]*[-_ ]?\d+", rest)
    return found and printable(found[0].strip(" -_"))


def says_little(name: str) -> bool:
    """Whether the name could be any source's."""
    return set(words(_hollow(_split(name)[0]))) <= listed("generic_names")


def _split(name: str) -> tuple[str, str]:
    """The name and its ending; a number at the end is none (`UMSATZ.CSV.20261118`)."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem and not re.search(r"\d{2}|^\d", suffix) else (name, "")


def _known_only(stem: str, of: Feed | None, *, otherwise: str) -> str:
    """The name without words that may name a person: those that are not known, where the feed has personal columns."""
    if of is None or not of.personal:
        return stem
    listed_words = (*listed("known_in_names"), *listed("generic_names"), of.name, of.folder)
    known = {word for text in listed_words for word in words(text)}

    def kept(word: re.Match[str]) -> str:
        plain = "".join(words(word[0].lower()))
        compound = any(plain[:i] in known and plain[i:] in known for i in range(3, len(plain) - 2))
        return word[0] if len(word[0]) == 1 or plain in known or compound else otherwise

    return re.sub(r"[^\W\d_]+", kept, stem)


def _hollow(stem: str, of: Feed | None = None) -> str:
    """The name without what varies: dates, numbers, e-mail addresses, and months beside a number."""
    hollow = _known_only(re.sub(r"\*+", "?", _ADDRESS.sub("0", stem)), of, otherwise="0")
    known = months().keys() | english_months()
    hollow = _BESIDE_A_NUMBER.sub(lambda word: "0" if word[0].lower() in known else word[0], hollow)
    hollow = _VARYING.sub("*", hollow)
    return re.sub(r"\*(?:[\s._:-]*\*)+", "*", hollow)


def _plain(text: str) -> str:
    return re.sub(r"[\[?*]", "?", text)


def _shortened(text: str, suffix: str) -> str:
    return f"{_plain(text[: _MAX_PATTERN - 20])}*{_plain(suffix[-10:])}"
