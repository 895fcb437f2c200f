"""The rows of an invoice: lines with an amount under a header, and the lines that continue their descriptions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ml.documents.extraction.labels import plain
from ml.documents.extraction.layout import Layout, Line
from ml.documents.extraction.numbers import numbers
from ml.documents.extraction.row_numbers import RowNumbers, by_arithmetic, by_columns, joined
from ml.documents.extraction.row_text import RowText, divided
from ml.documents.extraction.table_header import Header, headers
from ml.documents.record import Line as Row

_END = re.compile(
    r"^\W*(?:sub-? ?total|total|summe|zwischensumme|gesamt|netto-?(?:betrag|summe|wert)"
    r"|nettobetrag|rechnungssumme|rechnungsbetrag|totaal|subtotaal|summary|zusammenfassung"
    r"|net (?:amount|total)|vat\b|mwst|ust\b|tva\b|tax\b|taxes?\b|gst\b|btw\b|zzgl"
    r"|zuzuglich|detail tva|steuer(?:aufschl|basis)|umsatzsteuer|belegsummen|zahlungs"
    r"|positionssumme"
    r"|montant (?:ht|total|ttc)|amount due|balance|grand|invoice total|warenwert|exclusief"
    r"|payment|reglement|bank|taxe base|base ht|discount|shipping|rabatt|versand|abzuglich)",
)
_CARRIED = re.compile(
    r"ubertrag|carried (?:forward|over)|brought forward|report a nouveau|^report\b|seite \d|page \d|^page\b"
)
_CHARGE = re.compile(
    r"^\W*(?:remise|charge|abzgl|zzgl|discount|rabatt|nachlass|zuschlag|abschlag|frais|gesamt)\b",
    re.IGNORECASE,
)


@dataclass
class Found:
    """A row with the lines that it was read from."""

    row: Row
    proven: bool
    line: int
    page: int
    in_table: bool = True


def rows(layout: Layout, sign: str) -> list[Found]:
    """Rows under headers, else lines that multiply."""
    found: list[Found] = []
    tables = headers(layout)
    done = -1
    for place, header in enumerate(tables):
        if header.first <= done:
            continue
        following = tables[place + 1].first if place + 1 < len(tables) else len(layout.lines)
        body = list(_body(layout, header, following, sign))
        made = _of_table(layout, header, body, sign)
        # A table of taxes has amounts too; rows have a quantity, a price or a description.
        found += made
        if body:
            done = body[-1].number
    if not found:
        found = list(_without_header(layout, sign))
    return found


def _body(layout: Layout, header: Header, following: int, sign: str) -> Iterator[Line]:
    """The lines of a table, to its end on this page or a later one."""
    seen_value = False
    last = None
    for line in layout.lines[header.last + 1 : following]:
        said = plain(line.text)
        values = [one for one in numbers(line, sign) if one.decimals >= 2]
        ends = _END.match(_without_position(said))
        if ends and not (values and by_columns(numbers(line, sign), header).proven):
            if seen_value:
                return
            continue
        if (
            last is not None
            and line.page == last.page
            and line.y0 - last.y1 > 9 * layout.word_height
            and seen_value
        ):
            return
        if _CARRIED.search(said):
            continue
        seen_value = seen_value or bool(values)
        last = line
        yield line


def _without_position(said: str) -> str:
    return re.sub(r"^\d{1,3}\.?\s+(?=\D)", "", said)


def _of_table(layout: Layout, header: Header, body: list[Line], sign: str) -> list[Found]:
    anchors: list[tuple[Line, RowNumbers]] = []
    read = [(line, by_columns(numbers(line, sign), header)) for line in body]
    for place, (line, row) in enumerate(read):
        under = read[place + 1] if place + 1 < len(read) else None
        if under and under[0].page == line.page and under[0].y0 - line.y1 < layout.word_height:
            row = joined(row, under[1]) or row
        if _is_row(row, header) and not _CHARGE.match(plain(line.text)):
            anchors.append((line, row))
    parts = divided(layout, header, body, anchors)
    found = []
    for (line, row), text in zip(anchors, parts, strict=True):
        if text.description is None and not row.proven:
            continue
        if text.description and _CHARGE.match(plain(text.description)) and not row.proven:
            continue
        found.append(Found(_row(row, text), row.proven, line.number, line.page))
    return found


def _is_row(row: RowNumbers, header: Header) -> bool:
    """A row has an amount with a quantity or a price, or the only amount that its table knows."""
    if row.proven:
        return True
    if row.amount is None:
        return False
    if row.amount.decimals < 2 and not row.amount.currency:
        return False
    wants = {"quantity", "price"} & header.kinds
    return bool(row.quantity or row.price) if wants else True


def _row(row: RowNumbers, text: RowText) -> Row:
    quantity = row.quantity.value if row.quantity else None
    return Row(
        description=text.description,
        sku=text.sku,
        quantity=quantity,
        unit=text.unit,
        unit_price=row.price.value if row.price else None,
        price_base_quantity=row.base,
        tax_rate=row.rate,
        amount=row.amount.value if row.amount else None,
        discount=row.discount,
    )


def _without_header(layout: Layout, sign: str) -> Iterator[Found]:
    """Lines of a receipt: what stands left of three numbers that multiply, or on the line over them."""
    for line in layout.lines:
        said = plain(line.text)
        if _END.match(said):
            continue
        row = by_arithmetic(numbers(line, sign))
        if row is None or row.amount is None or row.quantity is None:
            continue
        first = min(number.first for number in row.used)
        text = " ".join(word.text for word in line.words[:first]).strip(" -:*")
        if not re.search(r"[^\W\d]{2}", text) and line.number:
            over = layout.lines[line.number - 1]
            text = over.text if over.page == line.page and not numbers(over, sign) else text
        yield Found(_row(row, RowText(text or None)), True, line.number, line.page, in_table=False)


def table_lines(found: list[Found]) -> set[int]:
    """The lines from the first row to the last on each page: what stands there is goods."""
    pages: dict[int, list[int]] = {}
    for one in found:
        if one.in_table:
            pages.setdefault(one.page, []).append(one.line)
    return {line for lines in pages.values() for line in range(min(lines), max(lines) + 1)}


def total(found: list[Found]) -> Decimal | None:
    """The sum of the rows' amounts."""
    amounts = [one.row.amount for one in found if one.row.amount is not None]
    return sum(amounts, Decimal(0)) if amounts else None
