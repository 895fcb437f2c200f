"""What of a file's name stays the same from one export to the next."""

import re

from retail_assets.feeds.mapping.reading import IDENTITY
from retail_assets.feeds.onboarding.proposing.words import english_months, listed, months, unaccented, words
from retail_assets.names import printable

_MAX_PATTERN = 200
_TELLING = 3
"""So many letters and digits tell one source from another."""
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]+")
_VARYING = re.compile(
    r"\d[\d.:_ -]*T?[\d.:_ -]*\dZ?"  # a number, a date, a date with a time
    r"|\d"
    r"|(?<![^\W_])(?=[0-9a-f-]*[a-f])(?=[0-9a-f-]*\d)[0-9a-f]{8}[0-9a-f-]*(?![^\W_])"  # a hash, a UUID
)
_BESIDE_A_NUMBER = re.compile(
    r"(?:(?<=\d)|(?<=\d[-_. ]))[^\W\d_]{3,}(?![^\W\d_])|(?<![^\W\d_])[^\W\d_]{3,}(?=[-_. ]?\d)"
)


def file_pattern(name: str) -> str:
    """The name with `*` for dates and numbers. Of a name that is nothing else, its shape: `*` would fit every file."""
    stem, dot, suffix = name.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem else (name, "")
    hollow = _hollow(stem)
    if len("".join(words(hollow))) < _TELLING:
        parts = [re.sub("[0-9]", "[0-9]", _plain(part)) for part in _ADDRESS.split(stem)]
        shape = "*".join(parts) + _plain(suffix)
        return shape if len(shape) <= _MAX_PATTERN else _shortened(stem, suffix)
    pattern = "".join("*" if c == "*" else _plain(c) for c in hollow) + _plain(suffix)
    return pattern if len(pattern) <= _MAX_PATTERN else _shortened(hollow, suffix)


def source_name(name: str, *, otherwise: str) -> str:
    """A name for the source: the words of its file's name that stay."""
    stem = name.rpartition(".")[0] or name
    source = re.sub(r"[^A-Za-z0-9]+", "_", unaccented(_hollow(stem))).strip("_")[:100]
    return otherwise if source in ("", IDENTITY) else source


def shown_file(name: str) -> str:
    """The name for a comment, without who sent it."""
    return printable(_ADDRESS.sub("…", name))


def says_little(name: str) -> bool:
    """Whether the name could be any source's."""
    return set(words(_hollow(name.rpartition(".")[0] or name))) <= listed("generic_names")


def _hollow(stem: str) -> str:
    """The name without what varies: dates, numbers, e-mail addresses, and months beside a number."""
    hollow = re.sub(r"\*+", "?", _ADDRESS.sub("0", stem))
    known = months().keys() | english_months()
    hollow = _BESIDE_A_NUMBER.sub(lambda word: "0" if word[0].lower() in known else word[0], hollow)
    hollow = _VARYING.sub("*", hollow)
    return re.sub(r"\*(?:[\s._:-]*\*)+", "*", hollow)


def _plain(text: str) -> str:
    return re.sub(r"[\[?*]", "?", text)


def _shortened(text: str, suffix: str) -> str:
    return f"{_plain(text[: _MAX_PATTERN - 20])}*{_plain(suffix[-10:])}"
