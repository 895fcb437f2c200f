"""Whether the embedded XML says what the page shows: a person sees the page, the books take the XML."""

import re
from collections.abc import Iterator
from datetime import date

from ml.documents.extraction.extract import Read
from ml.documents.record import Finding, Invoice, money

FEWEST_WORDS = 15
"""A page with fewer shows no invoice."""


def check(xml: Invoice, page: Invoice, found: Read, *, sure: bool) -> Iterator[Finding]:
    """`sure` is false where the page was recognised: what is missing there may be misread."""
    if sum(len(one.words) for one in found.layout.pages) < FEWEST_WORDS:
        return
    severity = "error" if sure else "warning"
    text = re.sub(r"\s", "", found.layout.text).lower()
    number = xml.value("number")
    if number and re.sub(r"\s", "", number).lower() not in text:
        yield _finding("number", severity, number, page.value("number"))
    issued = xml.value("date")
    shown = {one.value for one in found.dates}
    if issued and shown and date.fromisoformat(issued) not in shown and not _other_reading(issued, found):
        yield _finding("date", severity, issued, page.value("date"))
    values = {abs(one.value) for one in found.values}
    for name in ("total", "net", "tax", "amount_due"):
        amount, seen = xml.amount(name), page.amount(name)
        if amount is None or not amount or abs(amount) in values:
            continue
        # A page need not show each of the others; where it does, its own sums say which they are.
        if name == "total" or (page.proven and seen is not None and abs(seen) != abs(amount)):
            yield _finding(name, severity, money(amount), money(seen))


def _other_reading(issued: str, found: Read) -> bool:
    """Whether the page shows the date with day and month the other way round, or in words that were not read."""
    day = date.fromisoformat(issued)
    if day.day <= 12 and date(day.year, day.day, day.month) in {one.value for one in found.dates}:
        return True
    return f"{day:%d%m%Y}" in re.sub(r"\D", "", found.layout.text)


def _finding(name: str, severity: str, xml: object, page: object) -> Finding:
    said = f"the page {page}" if page is not None else "the page does not show it"
    return Finding("xml_and_page", severity, f"The XML has {xml} as {name.replace('_', ' ')}, {said}")
