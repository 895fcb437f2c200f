"""The keys that say how values are written, wherever they stand: in `values`, under `parse`, at a column."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from retail_assets.feeds.mapping.functions import MAX_GROWTH, growth_of_pairs
from retail_assets.feeds.mapping.keys.nodes import Node, meant
from retail_assets.feeds.mapping.values.dialect import EPOCHS, NEGATIVES
from retail_assets.feeds.mapping.values.spelling import as_compared

_THOUSANDS = (".", ",", "'", " ")

VALUE_KEYS = (
    "decimal",
    "thousands",
    "strip",
    "negatives",
    "percent",
    "null_words",
    "true_words",
    "false_words",
    "replace",
    "translate",
    "dates",
    "times",
    "time_zone",
    "epoch",
)
"""What `values` may say; a single column may also have a `scale`."""

COLUMN_VALUE_KEYS = (*VALUE_KEYS, "scale")


def value_settings(fields: dict[str, Node]) -> dict[str, Any]:
    """The dialect keys among the fields of a block, as fields of Values."""
    return {key: _READERS[key](node) for key, node in fields.items() if key in _READERS}


def _thousands(node: Node) -> tuple[str, ...]:
    return tuple(item.choice(_THOUSANDS) for item in node.items())


def _strip(node: Node) -> tuple[str, ...]:
    return tuple(item.filled_text() for item in node.items())


def _pairs(node: Node) -> tuple[tuple[str, str], ...]:
    return tuple((old, new.text()) for old, new in node.entries().items())


def _words(node: Node) -> tuple[str, ...]:
    return tuple(as_compared(word) for word in node.texts())


def _translated(node: Node) -> tuple[tuple[str, str], ...]:
    return tuple((as_compared(old), new) for old, new in _pairs(node))


def _replaced(node: Node) -> tuple[tuple[str, str], ...]:
    pairs = tuple((unicodedata.normalize("NFC", old), new) for old, new in _pairs(node))
    if growth_of_pairs(pairs) > MAX_GROWTH:
        raise node.error(f"these could make a text more than {MAX_GROWTH:,} times as long; make them shorter")
    return pairs


def _negatives(node: Node) -> tuple[str, ...]:
    return tuple(item.choice(NEGATIVES) for item in node.items())


def _scale(node: Node) -> Decimal:
    text = node.text()
    try:
        # Python reads 1_000, and digits of every script.
        scale = Decimal(text if re.fullmatch("[0-9.eE+-]+", text) else "no number")
    except InvalidOperation:
        raise node.error(f"`{text}` is not a number such as 0.01") from None
    if not scale or scale.copy_abs() >= 10**9 or scale != round(scale, 9):
        raise node.error("a scale is a number other than 0, below a billion, with at most nine decimals")
    return scale


def _formats(node: Node) -> tuple[str, ...]:
    return tuple(_format(item) for item in node.items())


def _dates(node: Node) -> tuple[str, ...]:
    """Formats that tell each day in their own way."""
    formats = _formats(node)
    orders: dict[str, tuple[str, list[str]]] = {}
    for format in formats:
        whole = format.replace("%-", "%").replace("%e", "%d").replace("%D", "%m/%d/%y")
        codes = re.findall("%[dmy]", whole)
        other, order = orders.setdefault(re.sub("%[dmy]", "%.", whole), (format, codes))
        if codes != order:
            raise node.error(
                f"`{other}` and `{format}` read one text as different days (01/02 is the second of January, or the "
                "first of February); keep the one that the source means, and give each source its own mapping"
            )
    return formats


def _format(node: Node) -> str:
    text = node.filled_text()
    if "%" not in text:
        raise node.error(f"`{text}` has no % codes; a format is written like {_with_codes(text)}")
    unknown = [code for code in re.findall(r"%-?(.)", text) if code not in _CODES]
    if unknown:
        raise node.error(f"`%{unknown[0]}` is no format code; possible: {' '.join('%' + c for c in _CODES)}")
    codes = set(re.findall(r"%-?(.)", text))
    for stated, needed, sentence in _NEEDED:
        if codes & set(stated) and not codes & set(needed):
            raise node.error(f"`{text}` {sentence}")
    return text


_NEEDED = (
    ("de", "mbBDF", "has a day and no month; `%m` is a month, `%M` are minutes"),
    ("M", "HIT", "has minutes and no hour; `%M` are minutes, `%m` is a month"),
    ("I", "p", "has hours up to 12 and does not say of which half of the day; add `%p`, or write `%H`"),
)
"""Codes that mean nothing without one of others; DuckDB takes January, or the morning."""
_CODES = "YymdeHIMSfpzbBaAjnTDF%"


def _with_codes(text: str) -> str:
    """What somebody who wrote dd.MM.yyyy may have meant."""
    codes = {"yyyy": "%Y", "yy": "%y", "dd": "%d", "hh": "%H", "ss": "%S"}
    result = re.sub("yyyy|yy|dd|hh|ss", lambda m: codes[m.group().lower()], text, flags=re.IGNORECASE)
    result = re.sub("(?<=%H.)mm", "%M", result, flags=re.IGNORECASE)
    result = re.sub("mm", "%m", result, flags=re.IGNORECASE)
    return f"`{result}`" if "%" in result else "`%d.%m.%Y %H:%M`"


def _time_zone(node: Node) -> str:
    zone = node.text()
    if zone not in available_timezones():
        near = meant(zone, sorted(available_timezones()))
        raise node.error(f"`{zone}` is no time zone{near}; write one like Europe/Berlin")
    return ZoneInfo(zone).key


_READERS = {
    "decimal": lambda node: node.choice((".", ",")),
    "thousands": _thousands,
    "strip": _strip,
    "negatives": _negatives,
    "percent": Node.flag,
    "scale": _scale,
    "null_words": _words,
    "true_words": _words,
    "false_words": _words,
    "replace": _replaced,
    "translate": _translated,
    "dates": _dates,
    "times": _formats,
    "time_zone": _time_zone,
    "epoch": lambda node: node.choice(tuple(EPOCHS)),
}
