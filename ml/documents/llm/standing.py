"""Whether a model's values stand on the pages that it was shown: what it made up, or was talked into, does not."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ml.documents.extraction.labels import plain
from ml.documents.extraction.numbers import CURRENCIES
from ml.documents.llm.schema import Answer, Row
from ml.documents.llm.seen import Part, Seen
from ml.documents.record import AMOUNTS, MORE_AMOUNTS, Box, Invoice, Line, Tax

NUMBERS = (*AMOUNTS, *MORE_AMOUNTS, "discount_percent")
DATES = ("date", "due_date", "discount_date")
LONGEST = 300
MOST_ROWS, MOST_RATES = 1_000, 20
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
_TOKEN = re.compile(r"[^\W_]+")
_IN_TEXT = re.compile(r"(?<![\w.,])\d[\d,.'’]*[.,]\d{2}(?![\w]|[.,]\d)")


def bare(text: str) -> str:
    """Letters and digits only: what is left where blanks, marks, accents and case say nothing."""
    return "".join(_TOKEN.findall(plain(text)))


class Standing:
    """The pages as sets of what stands on them."""

    def __init__(self, seen: Seen):
        self._numbers: dict[Decimal, Box] = {}
        for value, box in (*seen.numbers, *seen.other_numbers):
            self._numbers.setdefault(value, box)
        self._counts = [Counter(value for value, _ in read) for read in (seen.numbers, seen.other_numbers)]
        self._dates: dict[str, Box] = {}
        for day, box in seen.dates:
            self._dates.setdefault(day, box)
        lines = [*seen.lines, *seen.others]
        self._lines = [list(_tokens(line)) for line in lines]
        self._words = {token for line in self._lines for token, _ in line}
        text = " ".join(part.text for line in lines for part in line).lower()
        self._currencies = {code for sign, code in CURRENCIES.items() if _names(sign, text)}

    def has_number(self, value: Decimal) -> bool:
        return abs(value) in self._numbers

    def places(self, value: Decimal) -> int:
        """How often the pages show a number, by the engine that reads it more often."""
        return max(count[abs(value)] for count in self._counts)

    def box(self, name: str, value: object) -> Box | None:
        """Where a value stands."""
        if isinstance(value, Decimal):
            return self._numbers.get(abs(value))
        if name in DATES:
            return self._dates.get(str(value))
        return None if name == "currency" else self._run(bare(str(value)))

    def stands(self, name: str, value: object) -> bool:
        if name == "currency":
            return value in self._currencies
        return self.box(name, value) is not None

    def has_words(self, text: str) -> bool:
        """In whatever order: a description is wrapped, with the numbers of its row between its lines."""
        return all(token in self._words for token in _TOKEN.findall(plain(text)))

    def _run(self, wanted: str) -> Box | None:
        """The place of whole words that follow each other in a line and are, put together, what is wanted."""
        for line in self._lines if wanted else ():
            for start, (_, box) in enumerate(line):
                at, rest = start, wanted
                while rest and at < len(line) and rest.startswith(line[at][0]):
                    rest = rest[len(line[at][0]) :]
                    at += 1
                if not rest:
                    return box
        return None

    def amounts_stand(self, text: str) -> bool:
        """Whether each amount that a text tells is one of the page."""
        found = _IN_TEXT.findall(text)
        return all(self.has_number(Decimal(re.sub(r"\D", "", one[:-3]) + "." + one[-2:])) for one in found)


def _tokens(line: list[Part]) -> Iterator[tuple[str, Box]]:
    for part in line:
        for token in _TOKEN.findall(plain(part.text)):
            yield token, part.box


def _names(sign: str, text: str) -> bool:
    edge = r"(?<![a-z])", r"(?![a-z])"
    pattern = re.escape(sign)
    return re.search(f"{edge[0]}{pattern}{edge[1]}" if sign.isalpha() else pattern, text) is not None


def value_of(name: str, text: str | None) -> Decimal | str | None:
    """A value as the record holds it; none where it has not the agreed form."""
    said = " ".join((text or "").split())[:LONGEST]
    if not said:
        return None
    if name in NUMBERS:
        return number(said)
    if name in DATES:
        try:
            return date.fromisoformat(said).isoformat()
        except ValueError:
            return None
    if name == "currency":
        return said.upper() if re.fullmatch(r"[A-Za-z]{3}", said) else None
    if name in ("iban", "vendor_tax_id"):
        return re.sub(r"[^A-Z0-9]", "", said.upper()) or None
    return "".join(one for one in said if one.isprintable())


def number(text: str | None) -> Decimal | None:
    return Decimal(text) if text is not None and _NUMBER.fullmatch(text) else None


def invoice_of(answer: Answer, standing: Standing) -> tuple[Invoice, dict[str, str]]:
    """What of an answer stands on the pages, and values by name that do not."""
    invoice = Invoice("language model")
    apart: dict[str, str] = {}
    for name, said in answer:
        if name in ("summary", "lines", "taxes", "type"):
            continue
        value = value_of(name, said)
        if value is None:
            continue
        if standing.stands(name, value):
            invoice.put(name, value, "language model", box=standing.box(name, value))
        elif value != 0:  # a tax that is not shown is none
            apart[name] = str(value)[:60]
    if answer.type:
        invoice.put("type", answer.type, "language model")
    lines = [_line(row, standing) for row in answer.lines[:MOST_ROWS]]
    # A row with a number that is made up makes all rows doubtful.
    if all(_stand((one.quantity, one.unit_price, one.tax_rate, one.amount), standing) for one in lines):
        invoice.lines = lines
    taxes = [Tax(number(one.rate), number(one.base), number(one.amount)) for one in answer.taxes[:MOST_RATES]]
    if all(_stand((one.rate, one.base, one.amount), standing) for one in taxes):
        invoice.taxes = taxes
    return invoice, apart


def _line(row: Row, standing: Standing) -> Line:
    texts = {name: value_of(name, getattr(row, name)) for name in ("description", "sku", "unit")}
    numbers = {name: number(getattr(row, name)) for name in ("quantity", "unit_price", "tax_rate", "amount")}
    shown = {name: text for name, text in texts.items() if text and standing.has_words(str(text))}
    return Line(**shown, **numbers)  # ty: ignore


def _stand(values: tuple[Decimal | None, ...], standing: Standing) -> bool:
    return all(value is None or standing.has_number(value) for value in values)
