"""Whether the amounts of an invoice follow from each other."""

from collections.abc import Iterator
from decimal import Decimal

from ml.documents.record import Finding, Invoice, Line, money, plain

CENT = Decimal("0.01")
LARGEST_RATE = Decimal(30)


def check(invoice: Invoice, *, exact: bool) -> Iterator[Finding]:
    """Findings of what does not add up. An e-invoice is exact; of a page some values may not have been found."""
    yield from _rows(invoice, exact=exact)
    yield from _row_sum(invoice, exact=exact)
    yield from _taxes(invoice)
    yield from _totals(invoice)


def _rows(invoice: Invoice, *, exact: bool) -> Iterator[Finding]:
    wrong = [
        (number, line) for number, line in enumerate(invoice.lines, 1) if not _multiplies(line, exact=exact)
    ]
    for number, line in wrong[:5]:
        yield Finding(
            "row_amount",
            "error",
            f"Row {number}: {plain(line.quantity)} x {money(line.unit_price)} is not {money(line.amount)}",
        )
    if len(wrong) > 5:
        yield Finding("row_amount", "error", f"{len(wrong) - 5} more rows do not multiply")


def _multiplies(line: Line, *, exact: bool) -> bool:
    if line.quantity is None or line.unit_price is None or line.amount is None:
        return True
    product = line.quantity * line.unit_price / (line.price_base_quantity or 1)
    adjusted = product + (line.adjustment or 0)
    decimals = max(-int(line.unit_price.normalize().as_tuple().exponent), 2)
    slack = max(CENT, abs(line.quantity) * Decimal(10) ** -decimals / 2 + CENT / 2) + Decimal("0.001")
    slack = min(slack, max(CENT + Decimal("0.001"), abs(line.amount) / 50))
    if not exact and line.discount:
        adjusted = product * (1 - line.discount / 100)
    # Credit notes may write either sign.
    return min(abs(adjusted - line.amount), abs(abs(adjusted) - abs(line.amount))) <= slack


def row_sum(invoice: Invoice) -> Decimal | None:
    amounts = [line.amount for line in invoice.lines if line.amount is not None]
    return sum(amounts, Decimal(0)) if amounts else None


def _row_sum(invoice: Invoice, *, exact: bool) -> Iterator[Finding]:
    rows, net = row_sum(invoice), invoice.amount("net")
    if rows is None:
        return
    line_total = invoice.amount("line_total")
    if line_total is not None and abs(rows - line_total) > CENT:
        yield Finding("row_sum", "error", f"The rows add up to {money(rows)}, not to {money(line_total)}")
    if net is None:
        return
    allowances, charges = (invoice.amount(name) or Decimal(0) for name in ("allowances", "charges"))
    total = invoice.amount("total")
    start = line_total if line_total is not None else rows
    if exact and abs(start - allowances + charges - net) > CENT:
        yield Finding(
            "net",
            "error",
            f"Rows {money(start)} less allowances {money(allowances)} plus charges {money(charges)} "
            "are not the net amount "
            f"{money(net)}",
        )
    elif not exact and not any(
        abs(abs(one) - abs(other)) <= 2 * CENT
        for one in (rows, rows - allowances + charges)
        for other in (net, total or net)
    ):
        yield Finding(
            "row_sum", "error", f"The rows found add up to {money(rows)}, the net amount is {money(net)}"
        )


def _taxes(invoice: Invoice) -> Iterator[Finding]:
    total = Decimal(0)
    known = True
    for tax in invoice.taxes:
        if tax.rate is not None and not 0 <= tax.rate <= LARGEST_RATE:
            yield Finding("tax_rate", "warning", f"A tax rate of {plain(tax.rate)} % is unusual")
        if tax.rate is None or tax.base is None or tax.amount is None:
            known = known and tax.amount is not None
            total += tax.amount or 0
            continue
        total += tax.amount
        # Rounded row by row, the tax of a rate may differ by some cents.
        slack = CENT * max(2, min(len(invoice.lines), 10)) / 2 + Decimal("0.001")
        if abs(tax.base * tax.rate / 100 - tax.amount) > slack:
            yield Finding(
                "tax", "error", f"{plain(tax.rate)} % of {money(tax.base)} are not {money(tax.amount)}"
            )
    shown = invoice.amount("tax")
    if invoice.taxes and known and shown is not None and abs(total - shown) > CENT:
        yield Finding("tax", "error", f"The taxes by rate add up to {money(total)}, not to {money(shown)}")


def _totals(invoice: Invoice) -> Iterator[Finding]:
    net, tax, total = (invoice.amount(name) for name in ("net", "tax", "total"))
    if net is not None and total is not None and abs(net + (tax or 0) - total) > CENT:
        yield Finding(
            "total",
            "error",
            f"Net {money(net)} and tax {money(tax or Decimal(0))} are not the total {money(total)}",
        )
    due, prepaid = invoice.amount("amount_due"), invoice.amount("prepaid")
    rounding = invoice.amount("rounding") or Decimal(0)
    if total is None or due is None:
        return
    if abs(total - (prepaid or 0) + rounding - due) > CENT:
        # The smallest profile of e-invoices has no element for what was paid before.
        known = prepaid is not None or invoice.lines or due > total
        yield Finding(
            "amount_due",
            "error" if known else "note",
            f"The total {money(total)} less {money(prepaid or Decimal(0))} paid before is not the amount due "
            f"{money(due)}",
        )
