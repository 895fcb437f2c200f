"""Which numbers of a line are quantity, unit price and amount: by their columns, and by multiplication."""

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise, permutations

from ml.documents.extraction.numbers import MOST_IN_LINE, Number
from ml.documents.extraction.table_header import Column, Header

CENT = Decimal("0.01")


@dataclass
class RowNumbers:
    """The numbers of one row."""

    quantity: Number | None = None
    price: Number | None = None
    amount: Number | None = None
    rate: Decimal | None = None
    discount: Decimal | None = None
    base: Decimal | None = None
    proven: bool = False
    """Whether quantity times price is the amount."""
    used: tuple[Number, ...] = ()
    below: tuple[Number, ...] = ()
    """Those that stand on the line under the row's own."""

    @property
    def waits(self) -> bool:
        """Whether only its amount is missing."""
        return self.amount is None and self.quantity is not None and self.price is not None

    @property
    def is_amount(self) -> bool:
        return self.amount is not None and self.quantity is None and self.price is None


def by_columns(numbers: list[Number], header: Header) -> RowNumbers:
    """Numbers under their headers, changed where only another order multiplies."""
    placed: dict[str, Number] = {}
    row = RowNumbers()
    used: list[Number] = []
    for number in numbers:
        column = _column(number, header)
        if column is None:
            continue
        kind = column.kind
        if kind == "rate" or (number.percent and kind not in ("discount",)):
            if row.rate is None and 0 <= number.value <= 100:
                row.rate = number.value
            used.append(number)
        elif kind == "discount":
            if number.percent or number.value <= 100:
                row.discount = abs(number.value)
            used.append(number)
        elif kind in ("quantity", "price", "amount"):
            if kind in placed and kind != "quantity":
                # Two under one header: the last one is nearer to its right edge.
                used.append(placed[kind])
            if kind != "quantity" or kind not in placed:
                placed[kind] = number
                used.append(number)
        elif kind in ("gross", "tax_amount", "unit"):
            used.append(number)
            if kind == "unit" and number.value > 1:
                row.base = number.value
    row.quantity, row.price, row.amount = placed.get("quantity"), placed.get("price"), placed.get("amount")
    row.used = tuple(used)
    row.proven = _multiplies(row)
    if not row.proven:
        _rearranged(row, numbers, header)
    return row


def joined(row: RowNumbers, under: RowNumbers) -> RowNumbers | None:
    """The row with the amount of the line under it, where that makes it multiply."""
    if not (row.waits and under.is_amount):
        return None
    whole = replace(row, amount=under.amount, rate=row.rate if row.rate is not None else under.rate)
    whole.below = under.used
    whole.proven = _multiplies(whole)
    return whole if whole.proven else None


def by_arithmetic(numbers: list[Number]) -> RowNumbers | None:
    """Three numbers of a line in any order of which one is the product of the others; the amount comes last."""
    if len(numbers) > MOST_IN_LINE:
        return None
    plain = [number for number in numbers if not number.percent]
    rates = [number.value for number in numbers if number.percent]
    for amount in reversed(plain):
        if amount.decimals < 2 or not amount.value:
            continue
        before = [number for number in plain if number.first < amount.first]
        for quantity, price in permutations(before, 2):
            row = RowNumbers(quantity, price, amount, rates[0] if rates else None, used=tuple(numbers))
            if price.decimals >= 2 and quantity.value and _multiplies(row):
                row.proven = True
                return row
    return None


def _column(number: Number, header: Header) -> Column | None:
    """The column over a number: the one that it overlaps most, else the nearest."""
    word = number.word

    def distance(column: Column) -> float:
        apart = max(column.x0 - word.x1, word.x0 - column.x1, 0.0)
        return apart * 10 + min(
            abs(column.x1 - word.x1),
            abs(column.x0 - word.x0),
            abs(column.x0 + column.x1 - word.x0 - word.x1) / 2,
        )

    for column, following in pairwise(header.columns):
        # What ends before the next column starts is a part of the text.
        if (
            column.kind == "description"
            and column.x0 - word.height < word.x0
            and word.x1 < following.x0 - 0.3 * word.height
        ):
            return None
    nearest = min(header.columns, key=distance, default=None)
    if nearest is None or nearest.kind in ("description", "position", "sku", "date"):
        return None
    apart = max(nearest.x0 - word.x1, word.x0 - nearest.x1, 0.0)
    return nearest if apart < 6 * word.height else None


def _multiplies(row: RowNumbers) -> bool:
    if row.quantity is None or row.price is None or row.amount is None:
        return False
    product = row.quantity.value * row.price.value / (row.base or 1)
    # A printed price is rounded: by half of its last decimal, once for each piece.
    slack = max(Decimal("0.011"), abs(row.quantity.value) * Decimal(10) ** -row.price.decimals / 2 + CENT / 2)
    slack = min(slack, max(Decimal("0.011"), abs(row.amount.value) / 50))
    if abs(abs(product) - abs(row.amount.value)) <= slack:
        return True
    if row.discount:
        product *= 1 - row.discount / 100
        return abs(abs(product) - abs(row.amount.value)) <= slack
    return False


def _rearranged(row: RowNumbers, numbers: list[Number], header: Header) -> None:
    others = [
        number
        for number in numbers
        if not number.percent and ("quantity" not in header.kinds or _column(number, header) is not None)
    ]
    if len(others) > MOST_IN_LINE:
        return
    last = [number for number in reversed(others) if number.decimals == 2 and number is not row.amount]
    for amount in [row.amount, *last] if row.amount else last[:1]:
        for quantity, price in permutations([one for one in others if one is not amount], 2):
            if price.decimals < 2 and row.price is not price:
                continue
            tried = RowNumbers(quantity, price, amount, row.rate, row.discount, row.base)
            if _multiplies(tried) and (quantity.value != 1 or row.quantity in (None, quantity)):
                row.quantity, row.price, row.amount, row.proven = quantity, price, amount, True
                row.used = (*row.used, quantity, price, amount)
                return
