"""What an invoice says, before it is put on paper: amounts in cents, so that they add up exactly."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from retail_assets.samples.papers.firms import RETAILER, Firm


@dataclass(frozen=True)
class Row:
    """What is billed of one line of an order."""

    sku: str
    """The article as the supplier calls it."""
    name: str
    units: int
    price_cents: int
    tax_percent: int

    @property
    def amount_cents(self) -> int:
        return self.units * self.price_cents


@dataclass(frozen=True)
class Bill:
    """An invoice or a credit note."""

    seller: Firm
    number: str
    date: date
    due: date
    currency: str
    rows: tuple[Row, ...]
    order_number: str | None = None
    is_credit: bool = False
    refers_to: str | None = None
    """Number of the invoice that a credit note is about."""
    discount: tuple[int, date] | None = None
    """Percent of cash discount, and until when."""
    delivered: date | None = None
    notes: tuple[str, ...] = ()
    """Lines before the rows."""
    buyer: Firm = RETAILER
    ship_to: str | None = None
    miscounted_cents: int = 0
    """By so much the printed total is wrong."""

    @property
    def net_cents(self) -> int:
        return sum(row.amount_cents for row in self.rows)

    @property
    def taxes(self) -> dict[int, tuple[int, int]]:
        """Percent -> base and tax in cents, half a cent rounded up."""
        bases: dict[int, int] = defaultdict(int)
        for row in self.rows:
            bases[row.tax_percent] += row.amount_cents
        return {
            percent: (base, (base * percent + 50) // 100)
            for percent, base in sorted(bases.items(), reverse=True)
        }

    @property
    def tax_cents(self) -> int:
        return sum(tax for _, tax in self.taxes.values())

    @property
    def total_cents(self) -> int:
        """As it is printed."""
        return self.net_cents + self.tax_cents + self.miscounted_cents


def decimal(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
