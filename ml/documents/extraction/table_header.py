"""Headers of tables of rows: which column holds what, by the words over it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from ml.documents.extraction.labels import plain
from ml.documents.extraction.layout import Layout, Line
from ml.documents.words import Word, merged

_CLASSES = {
    "discount": r"^(?:rem\.?|rabatt|remise|disc\.?|discount|nachlass|zu-?/abschlag)\b",
    "rate": r"^(?:vat|ust|mwst|tva|tax(?:es)?|gst|btw|iva|steuersatz|steuer|taux)\b[\s.\-]*(?:rate"
    r"|satz|%|\[%\]|\(%\)|code)?\.?$|^(?:%|satz|tax ?%|rate ?%)$",
    "gross": r"gross|brutto|\bincl?\b|inkl|ttc",
    "price": r"price|preis|^p\.? ?u\b|prix|\brate\b|unit cost|tarif|prijs|precio|einzel|stuckpreis"
    r"|\bep\b|u/price|per stuk",
    "amount": r"amount|betrag|\btotal\b|gesamt|summe|net worth|netto-?wert|montant|\bvalue\b|entgelt"
    r"|ext(?:ended)?\.?$|totaal|importe|wert\b|\bcost\b|prix ht|charges",
    "quantity": r"qty|quantit|menge|anzahl|\bqte|aantal|\bhours?\b|nombre|\bunits\b|stuck|cantidad|\bstk\b|anz\.",
    "unit": r"^(?:um|uom|unit|units?|einheit|eh|me|unite|ve)\.?$|meng\.?-|^einheit",
    "sku": r"\bsku\b|art\.?-? ?(?:nr|no)|artikel-?(?:nr|nummer)|\bcode\b|reference|item (?:no|code"
    r"|#|number)|product (?:no|code|id)|part (?:no|number)|^ref\b|gtin|^ean\b",
    "description": r"descr|bezeichn|beschreib|produ[ck]t|artikel|designation|\bitems?\b|leistung|libelle"
    r"|article|details|particular|service|text\b|\bname\b|position(?!s)|omschrijving"
    r"|concept",
    "position": r"^(?:pos|no|nr|#|n°|item no|sl|s/n|ligne|line)\.?$|^# ?$",
    "date": r"^(?:date|datum|delivery date|shipment|shipment date|lieferdatum)$",
}
CLASSES = {name: re.compile(pattern) for name, pattern in _CLASSES.items()}
NUMERIC = ("quantity", "price", "amount", "gross", "rate", "discount")
_PHRASE_GAP = 0.6


@dataclass
class Column:
    """A column by its header."""

    kind: str
    x0: float
    x1: float
    text: str
    stacked: tuple[str, ...] = ()
    """Kinds of what stands in it on a row's first line and on the next, where two headers stand over each other."""


@dataclass
class Header:
    """The header of a table, and the lines that it takes."""

    columns: list[Column]
    page: int
    first: int
    last: int
    kinds: set[str] = field(default_factory=set)

    def column(self, kind: str) -> Column | None:
        return next((one for one in self.columns if one.kind == kind), None)


@lru_cache(maxsize=20_000)
def classify(text: str) -> str | None:
    said = plain(text).strip(" :()")
    if len(said) > 60 or not said:
        return None
    for name, pattern in CLASSES.items():
        if pattern.search(said):
            if name == "gross" and re.search(r"gross price|brutto-?preis|unit price|einzelpreis", said):
                return "price"
            return name
    return None


def phrases(line: Line) -> Iterator[Word]:
    """The words of a header line put together to what stands over one column."""
    for cell in line.cells:
        group = [cell.words[0]]
        for word in cell.words[1:]:
            before = group[-1]
            wide = word.x0 - before.x1 > _PHRASE_GAP * word.height
            if wide or _starts_a_column(group, word):
                yield merged(group)
                group = [word]
            else:
                group.append(word)
        yield merged(group)


def _starts_a_column(group: list[Word], word: Word) -> bool:
    """Whether a word names another thing than the words before it: `MwSt-% Nettowert`."""
    own = classify(word.text)
    before = classify(" ".join(one.text for one in group))
    together = classify(" ".join([*(one.text for one in group), word.text]))
    if own is None or before is None or own == before:
        return False
    if group[-1].text.lower().rstrip(".") in (
        "unit",
        "net",
        "gross",
        "line",
        "item",
        "total",
        "ext",
        "product",
        "u",
        "code",
        "art",
        "ref",
    ):
        return False
    return together != own or before in ("quantity", "rate", "description")


def headers(layout: Layout) -> list[Header]:
    """All headers from the first page to the last."""
    found: list[Header] = []
    taken = -1
    for line in layout.lines:
        if line.number <= taken or len(line.words) < 2 or _has_values(line):
            continue
        kinds = _kinds(line)
        if len(kinds & {"description", "quantity", "price", "amount", "sku", "gross"}) < 2 or not kinds & {
            "amount",
            "price",
            "gross",
        }:
            continue
        if not kinds & {"description", "quantity", "sku"}:
            continue
        header = _with_neighbours(layout, line)
        if len(header.kinds & {"description", "quantity", "price", "amount", "gross", "sku"}) >= 2:
            found.append(header)
            taken = header.last
    return found


def _kinds(line: Line) -> set[str]:
    return {kind for phrase in phrases(line) if (kind := classify(phrase.text))}


def _has_values(line: Line) -> bool:
    return any(re.search(r"\d[.,]\d\d\b|\d{4,}", word.text) for word in line.words)


def _with_neighbours(layout: Layout, line: Line) -> Header:
    """A header may have several lines: the ones close to it without values are parts of it."""
    block = [line]
    room = 0.75 * layout.word_height
    for step in (-1, 1):
        number = line.number + step
        while 0 <= number < len(layout.lines):
            other = layout.lines[number]
            edge = block[-1] if step > 0 else block[0]
            gap = other.y0 - edge.y1 if step > 0 else edge.y0 - other.y1
            if other.page != line.page or gap > room or _has_values(other):
                break
            if any(character.isdigit() for character in other.text):
                break
            # A line of sentences, or one that names no column, is no header.
            named = [phrase for phrase in phrases(other) if len(phrase.text) <= 22]
            if not named or len(named) < len(list(phrases(other))):
                break
            block = [*block, other] if step > 0 else [other, *block]
            number += step
            if len(block) > 6:
                break
    columns = _columns(block, line)
    return Header(columns, line.page, block[0].number, block[-1].number, {one.kind for one in columns})


def _columns(block: list[Line], main: Line) -> list[Column]:
    groups: list[list[Word]] = [[phrase] for phrase in phrases(main)]
    for line in block:
        if line is main:
            continue
        for phrase in phrases(line):
            over = [
                group
                for group in groups
                if min(one.x0 for one in group) < phrase.x1 and max(one.x1 for one in group) > phrase.x0
            ]
            if len(over) == 1:
                over[0].append(phrase)
            elif not over:
                groups.append([phrase])
    columns = []
    for group in groups:
        words = sorted(group, key=lambda one: one.y0)
        text = " ".join(one.text for one in words).replace("- ", "")
        kind = classify(text) or next(filter(None, (classify(one.text) for one in words)), None) or "other"
        kinds = [named for one in words if (named := classify(one.text))]
        stacked = tuple(kinds) if set(kinds) == {"sku", "description"} and kinds[-1] == "description" else ()
        if stacked:
            kind = "description"
        columns.append(
            Column(kind, min(one.x0 for one in group), max(one.x1 for one in group), text, stacked)
        )
    columns.sort(key=lambda one: one.x0)
    _settle(columns)
    return columns


def _settle(columns: list[Column]) -> None:
    """Where several columns are of one kind, the last amount is the row's, the first of others is."""
    amounts = [one for one in columns if one.kind == "amount"]
    if len(amounts) > 1:
        net = [one for one in amounts if re.search(r"net|\bht\b|excl|ohne", plain(one.text))]
        kept = net[-1] if net else amounts[-1]
        for one in amounts:
            if one is not kept:
                one.kind = "tax_amount" if re.search(r"tax|vat|ust|mwst|tva", plain(one.text)) else "other"
    if not amounts:
        gross = [one for one in columns if one.kind == "gross"]
        if gross:
            gross[-1].kind = "amount"
    if not any(one.kind == "description" for one in columns):
        widest = next((one for one in columns if one.kind in ("other", "position")), None)
        if widest:
            widest.kind = "description"
    descriptions = [one for one in columns if one.kind == "description"]
    named = [one for one in descriptions if not plain(one.text).startswith("position")] or descriptions
    for one in descriptions:
        if one is not named[0]:
            one.kind = "other" if one.x0 > named[0].x0 else "position"
