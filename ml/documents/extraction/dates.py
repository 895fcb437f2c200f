"""Dates in whatever way they are written; whether day or month comes first is told by the other dates of the page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janv janvier jän jänner januari",
            "february feb februar févr fév février fevrier fevr februari",
            "march mar märz mrz mär maerz mars maart mrt",
            "april apr avr avril",
            "may mai mei",
            "june jun juni juin",
            "july jul juli juil juillet",
            "august aug août aout augustus",
            "september sep sept septembre",
            "october oct oktober okt octobre",
            "november nov novembre",
            "december dec dezember dez décembre déc decembre",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_D = r"[0-3OoIl]?[0-9OoIl]"
_PATTERNS = (
    (
        "ymd",
        re.compile(
            r"(?<![\d/.\-])(?P<y>(?:19"
            r"|20)\d\d)\s?[-/.年]\s?(?P<m>[01]?\d)\s?[-/.月]\s?(?P<d>[0-3]?\d)(?!\d)"
        ),
    ),
    (
        "num",
        re.compile(
            rf"(?<![\d/.,\-])(?P<a>{_D})\s?(?P<s>[-/.])\s?(?P<b>{_D})\s?(?P=s)\s?(?P<y>(?:19|2[0O])\d\d|\d\d)(?![\d/])(?!\.\d)"
        ),
    ),
    (
        "dmy",
        re.compile(
            rf"(?<![\d/.,])(?P<d>[0-3]?\d)(?:st|nd|rd|th|er)?[\s.\-/,]{{0,3}}(?P<n>{_MONTH})[\s.\-/,']{{0,3}}(?P<y>(?:19|20)\d\d|\d\d)(?![\d:])",
            re.IGNORECASE,
        ),
    ),
    (
        "mdy",
        re.compile(
            rf"(?<![a-zäöüéû])(?P<n>{_MONTH})\.?[\s\-/]{{0,2}}(?P<d>[0-3]?\d)(?:st|nd|rd|th)?\s?[,.\-/\s]\s?(?P<y>(?:19|20)\d\d)(?!\d)",
            re.IGNORECASE,
        ),
    ),
    (
        "ymn",
        re.compile(
            rf"(?<!\d)(?P<y>(?:19|20)\d\d)[\s\-/](?P<n>{_MONTH})[\s\-/](?P<d>[0-3]?\d)(?!\d)", re.IGNORECASE
        ),
    ),
    (
        "packed",
        re.compile(r"(?<![\w.\-/])(?P<y>20[0-4]\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-2]\d|3[01])(?![\w\-/])"),
    ),
)
_DIGITS = re.compile(r"\d\D?\d")
_OCR = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1"})
EARLIEST, LATEST = 1980, 2049


@dataclass(frozen=True)
class Found:
    """A date in a line of text."""

    start: int
    end: int
    kind: str
    day_first: date | None
    month_first: date | None
    """Both readings where they differ; else they are the same."""
    short_year: bool = False

    def value(self, day_comes_first: bool) -> date | None:
        first, second = self.day_first, self.month_first
        return (first or second) if day_comes_first else (second or first)


def dates(text: str) -> Iterator[Found]:
    """Dates from left to right; a place is read once."""
    if not _DIGITS.search(text):
        return
    taken: list[tuple[int, int]] = []
    found = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < end and match.end() > start for start, end in taken):
                continue
            one = _read(kind, match)
            if one:
                taken.append(match.span())
                found.append(one)
    yield from sorted(found, key=lambda one: one.start)


def _read(kind: str, match: re.Match[str]) -> Found | None:
    year_text = match["y"].translate(_OCR)
    year = int(year_text)
    short = len(year_text) == 2
    if short:
        year += 2000
    if not EARLIEST <= year <= LATEST:
        return None
    if kind == "num":
        a, b = (int(match[name].translate(_OCR)) for name in ("a", "b"))
        # 1.2.20 may be the number of a paragraph; a short year wants two digits before it.
        if short and len(match["a"]) + len(match["b"]) < 3:
            return None
        first, second = _date(year, b, a), _date(year, a, b)
        if first is None and second is None:
            return None
        return Found(match.start(), match.end(), kind, first, second, short)
    month = MONTHS[match["n"].lower()] if "n" in match.re.groupindex else int(match["m"])
    value = _date(year, month, int(match["d"]))
    return Found(match.start(), match.end(), kind, value, value, short) if value else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def day_comes_first(found: list[Found], text: str) -> bool:
    """By dates that can be read in one way only, else by points, else by the country that the page speaks of."""
    numeric = [one for one in found if one.kind == "num"]
    day = sum(one.day_first is not None and one.month_first is None for one in numeric)
    month = sum(one.month_first is not None and one.day_first is None for one in numeric)
    if day != month:
        return day > month
    if re.search(r"\bRM\b|RM\d|\bBHD\b|malaysia", text, re.IGNORECASE):
        return True
    if re.search(r"\d\.\d\d?\.(?:19|20)\d\d", text):
        return True
    american = len(re.findall(r"\b(?!DE|FR|AT|CH|IT|ES|KL|JB)[A-Z]{2},? \d{5}(?:-\d{4})?\b", text))
    dollars = text.count("$") and not re.search(r"\b(AUD|NZD|SGD|HKD|ABN|GST|A\$|VAT)\b|RM", text)
    return not (american or (dollars and not re.search(r"€|£|mwst|tva", text, re.IGNORECASE)))
