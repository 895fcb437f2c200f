"""Descriptions of rows: the words in their column, on the row's own line and on those that continue it."""

import re
from dataclasses import dataclass

from ml.documents.extraction.labels import plain
from ml.documents.extraction.layout import CELL_GAP, Layout, Line
from ml.documents.extraction.numbers import Number
from ml.documents.extraction.row_numbers import RowNumbers
from ml.documents.extraction.table_header import NUMERIC, Column, Header, classify
from ml.documents.words import Word

_NOTE = re.compile(
    r"^\W*(?:gtin|ean|sn\b|serial|serien|liefer-?datum|lieferschein|bestell-?nr|hersteller"
    r"|warenempf|kostenstelle|bestell|zahler|charge\b|verpackung|lieferung|abrechnung"
    r"|periode de|periode\b"
    r"|date (?:debut|fin|de)|c_fo|c_ach|gln|unsere art|ihre art|art\.?-? ?nr|artikelrabatt"
    r"|bruttopreis|get[a-z]+|weitere eigen|imei\b|[a-z\-. ]{3,24}\s?:[\s=]*[\d.,/\-]+$)",
)
_POSITION = re.compile(r"^\(?\d{1,3}[.)]?$")
_UNIT = re.compile(r"^[^\W\d][^\d]{0,9}$")
_TAIL = re.compile(r"\s+[-–:]\s*$")


@dataclass
class RowText:
    """The words of one row."""

    description: str | None = None
    sku: str | None = None
    unit: str | None = None


def divided(
    layout: Layout, header: Header, body: list[Line], anchors: list[tuple[Line, RowNumbers]]
) -> list[RowText]:
    """The texts of the rows, in their order."""
    if not anchors:
        return []
    rows = {anchor.number: row for anchor, row in anchors}
    below = {anchor.number + 1: row.below for anchor, row in anchors if row.below}
    described = {
        line.number: _described(line, header, rows.get(line.number), below.get(line.number, ()))
        for line in body
    }
    lines = [line for line in body if described[line.number]]
    owners = _owners(layout, lines, [line for line, _ in anchors])
    owned = [
        [described[line.number] for line, owner in zip(lines, owners, strict=True) if owner == place]
        for place in range(len(anchors))
    ]
    joined = [_joined(own, layout) for own in owned]
    widest = max((_width(words) for row in joined for words in row), default=0.0)
    return [
        _text(own, _joined(own, layout, widest), anchor, row, header)
        for own, (anchor, row) in zip(owned, anchors, strict=True)
    ]


def _joined(
    own: list[list[tuple[str, Word]]], layout: Layout, widest: float | None = None
) -> list[list[Word]]:
    """The lines of a row's description: up to a gap, to notes, or to a line that was begun on purpose."""
    kept: list[list[Word]] = []
    starts_with_note = False
    for words in own:
        described = [word for kind, word in words if kind == "description"]
        if not described:
            continue
        is_note = bool(_NOTE.match(plain(" ".join(word.text for word in described))))
        if kept:
            last = kept[-1]
            # Where notes come first they are the description; else they follow it.
            if is_note and not starts_with_note:
                break
            if described[0].y0 - last[0].y1 > 1.6 * layout.word_height:
                break
            if widest and not starts_with_note and _broken_on_purpose(last, described, widest):
                break
        else:
            starts_with_note = is_note
        kept.append(described)
    return kept


def _width(words: list[Word]) -> float:
    return words[-1].x1 - words[0].x0


def _broken_on_purpose(before: list[Word], words: list[Word], widest: float) -> bool:
    """Whether the first word of a line had room on the line before: then it says something else."""
    height = before[0].height
    if abs(before[0].x0 - words[0].x0) > 0.5 * height:
        return False
    needed = before[-1].x1 - before[0].x0 + 0.3 * height + words[0].x1 - words[0].x0
    return needed < widest - 0.6 * height


def _owners(layout: Layout, lines: list[Line], anchors: list[Line]) -> list[int | None]:
    """For each line of text the place of the row that it belongs to.

    Where text stands over the first row's numbers, rows are centred or stand on their last line; else they start with
    their numbers.
    """
    if not lines:
        return []
    first = anchors[0]
    above = [line for line in lines if line.page == first.page and line.number < first.number]
    close = [
        line
        for line in above
        if first.y0 - line.y1 < 4 * layout.word_height and not _NOTE.match(plain(line.text))
    ]
    if not close:
        return [_last_before(line, anchors) for line in lines]
    return _nearest(layout, lines, anchors)


def _last_before(line: Line, anchors: list[Line]) -> int | None:
    owner = None
    for place, anchor in enumerate(anchors):
        if anchor.number <= line.number:
            owner = place
    return owner


def _nearest(layout: Layout, lines: list[Line], anchors: list[Line]) -> list[int | None]:
    """Rows around their numbers: a row's text goes as far below them as it starts above."""
    owners: list[int | None] = [None] * len(lines)
    at = 0
    for place, anchor in enumerate(anchors):
        own = [
            number
            for number in range(at, len(lines))
            if lines[number].page == anchor.page
            and lines[number].middle <= anchor.middle + 0.2 * layout.word_height
        ]
        if own:
            # The block over the numbers must be joined to them without a gap.
            kept = [own[-1]]
            for number in reversed(own[:-1]):
                if lines[kept[0]].y0 - lines[number].y1 > 1.3 * layout.word_height:
                    break
                kept.insert(0, number)
            for number in kept:
                owners[number] = place
            reach = 2 * anchor.middle - lines[kept[0]].middle + 0.5 * layout.word_height
            at = own[-1] + 1
        else:
            reach = anchor.middle + 0.5 * layout.word_height
        while at < len(lines) and lines[at].page == anchor.page and lines[at].middle <= reach:
            owners[at] = place
            at += 1
    return owners


def _described(
    line: Line, header: Header, row: RowNumbers | None, below: tuple[Number, ...]
) -> list[tuple[str, Word]]:
    """The words of a line that are text, each with the kind of its column."""
    used = set()
    for number in row.used if row else below:
        used.update(range(number.first, number.last + 1))
    found = []
    for words in _pieces(line, used, header.column("description")):
        kind = _kind(words, header, 0 if row else 1)
        if kind:
            found += [(kind, word) for word in words]
    if row is None and not any(kind == "description" for kind, _ in found):
        return []
    return found


def _pieces(line: Line, used: set[int], text: Column | None) -> list[list[Word]]:
    """Words that stand together and are no numbers of the row; codes before the text are apart from it."""
    pieces: list[list[Word]] = []
    last = None
    for place, word in enumerate(line.words):
        if place in used or word.text in ("€", "$", "£", "%", "|", "RM"):
            last = None
            continue
        starts_text = (
            text is not None
            and last is not None
            and pieces[-1][0].x0 < text.x0 - 2 * word.height
            and text.x0 - word.height / 2 < word.x0 < text.x1
            and any(map(str.isdigit, last.text))
        )
        near = last is not None and word.x0 - last.x1 < CELL_GAP * max(word.height, last.height)
        if near and not starts_text:
            pieces[-1].append(word)
        else:
            pieces.append([word])
        last = word
    return pieces


def _kind(words: list[Word], header: Header, place: int) -> str | None:
    """The kind of column that words stand in, on a row's own line (0) or a later one (1)."""
    x0, x1 = words[0].x0, words[-1].x1
    over = [(min(one.x1, x1) - max(one.x0, x0), one) for one in header.columns]
    covered = [one for shared, one in over if shared > 0.5 * (one.x1 - one.x0)]
    # A sentence across the table is about it, not in it.
    if len({one.kind for one in covered} & set(NUMERIC)) >= 2:
        return None
    shared, column = max(over, key=lambda pair: pair[0])
    if shared <= 0:
        room = 0.9 * words[0].height
        starts = [one for one in header.columns if one.x0 - room <= x0]
        column = starts[-1] if starts else header.columns[0]
    if column.stacked:
        return column.stacked[min(place, len(column.stacked) - 1)]
    return column.kind


def _text(
    own: list[list[tuple[str, Word]]], lines: list[list[Word]], anchor: Line, row: RowNumbers, header: Header
) -> RowText:
    text = RowText()
    if lines and header.columns[0].kind == "description":
        # A position in a table whose first header is that of the description.
        first = lines[0]
        if len(first) > 1 and _POSITION.match(first[0].text) and first[0].x0 < header.columns[0].x0 + 40:
            lines = [first[1:], *lines[1:]]
    sku = [word.text for words in own for kind, word in words if kind == "sku"]
    pieces = [" ".join(word.text for word in words) for words in lines]
    description = " ".join(pieces).strip(" |;,-–:")
    description = re.sub(r"(?<=\w)- (?=[a-zäöü])", "", description)
    head, dash, tail = description.rpartition(" - ")
    if dash and classify(tail) == "description" and len(tail.split()) == 1:
        description = head
    text.description = _TAIL.sub("", description) or None
    text.sku = next((one for one in sku if any(map(str.isdigit, one))), None)
    text.unit = _unit(anchor, row, header)
    return text


def _unit(anchor: Line, row: RowNumbers, header: Header) -> str | None:
    """The word behind the quantity, or in the column of units."""
    words = anchor.words
    text_column = header.column("description")
    column = header.column("unit")
    if column:
        for word in words:
            if word.x0 < column.x1 and word.x1 > column.x0 and _UNIT.match(word.text):
                return word.text
    if row.quantity and row.quantity.last + 1 < len(words):
        following = words[row.quantity.last + 1]
        near = following.x0 - row.quantity.word.x1 < 2.5 * following.height
        if text_column and text_column.x0 - following.height < following.x0 < text_column.x1:
            return None
        if near and _UNIT.match(following.text) and following.text not in ("€", "x", "X", "à", "@", "$"):
            return following.text
    return None
