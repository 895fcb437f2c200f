"""What the first night's invoices tell on purpose: each way in which they come, and each way in which they go wrong.
Two of them wait for a person, who decides in the morning.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import polars as pl

from retail_assets.samples import formats
from retail_assets.samples.drops import Drop, Drops
from retail_assets.samples.flows.invoice_bills import (
    AUSTRIAN,
    DUTCH,
    FRENCH,
    GERMAN,
    PAPER,
    POLISH,
    Delivered,
    in_many_words,
    of_habit,
)
from retail_assets.samples.flows.invoice_delivery import (
    CONFIRMED,
    FAILED,
    PREVIEW,
    REJECTED,
    Delivery,
    file_stem,
    written_at,
)
from retail_assets.samples.papers import envelopes, scan
from retail_assets.samples.papers.bill import Bill, Row, decimal
from retail_assets.samples.papers.firms import STRANGER, account
from retail_assets.samples.papers.sheet import of_picture
from retail_assets.samples.sample import Sample

DEARER_PERCENT = 8
"""By so much one supplier's price is above that of the order."""
TRANSPOSED_CENTS = 90_00
"""By so much one supplier's total is wrong."""
DAMAGED_UNITS = 2
OTHER_ACCOUNT = 990
ROWS_OF_TWO_PAGES = 4


_Plain = Callable[[Delivered, str], Drop]
"""Drops a bill as a PDF."""


class _Pile:
    """Bills of the last weeks that wait to be sent, the newest on top."""

    def __init__(self, bills: list[Delivered]) -> None:
        self.rest = bills

    def take(self, habit: int, *, rows: int = 1) -> Delivered:
        """The newest of a supplier of a habit, with so many rows if there is one."""
        fitting = of_habit(self.rest, habit)
        found = next((one for one in reversed(fitting) if len(one.lines) >= rows), fitting[-1])
        self.rest = [one for one in self.rest if one is not found]
        return found


def write(sample: Sample, drops: Drops, delivery: Delivery, bills: list[Delivered]) -> list[Delivered]:
    """Drops all cases; gives the bills that none of them took."""
    pile = _Pile(bills)
    tell = sample.tell

    def plain(one: Delivered, state: str, content: bytes | None = None) -> Drop:
        name = f"{file_stem(one.bill)}.pdf"
        content = content or envelopes.pdf(one.bill, written_at(one.bill))
        return delivery.add(name, content, (name, one, state))

    one = pile.take(GERMAN)
    drop = plain(one, CONFIRMED, envelopes.hybrid(one.bill, written_at(one.bill)))
    tell("e-invoice", "A PDF with its XML inside (Factur-X).", document=one.bill.number, file=drop.name)
    _mail(sample, delivery, pile.take(GERMAN))
    _twice(sample, delivery, pile.take(DUTCH), plain)
    _archive(sample, delivery, _dearer(pile.take(DUTCH)), pile.take(FRENCH))
    one = in_many_words(sample, pile.take(AUSTRIAN, rows=ROWS_OF_TWO_PAGES))
    drop = plain(one, CONFIRMED)
    tell(
        "invoice over two pages",
        "Descriptions go on over lines, the table over pages.",
        document=one.bill.number,
        file=drop.name,
    )
    one = pile.take(POLISH)
    drop = plain(one, CONFIRMED)
    tell("invoice in another currency", "Billed in zlotys.", document=one.bill.number, file=drop.name)
    one = pile.take(POLISH)
    drop = plain(one, FAILED, envelopes.locked(one.bill, written_at(one.bill)))
    tell("encrypted invoice", "Nobody has the password: it fails.", document=one.bill.number, file=drop.name)
    _scans(sample, delivery, pile.take(PAPER), pile.take(PAPER))
    _credit(sample, one_of=of_habit(bills, GERMAN)[-1], plain=plain)
    _stranger(sample, plain)
    miscounted, moved = _miscounted(pile.take(FRENCH)), _moved(pile.take(PAPER))
    wrong_sum, other_account = plain(miscounted, CONFIRMED), plain(moved, REJECTED)
    tell(
        "wrong sum",
        "Its total is not the sum of its rows; in the morning somebody corrects and confirms it.",
        document=miscounted.bill.number,
        file=wrong_sum.name,
    )
    tell(
        "another account",
        "Wants the money on an account that nobody knows; in the morning somebody rejects it.",
        document=moved.bill.number,
        file=other_account.name,
    )
    _decide(sample, drops, wrong_sum, miscounted, other_account)
    return pile.rest


def _mail(sample: Sample, delivery: Delivery, one: Delivered) -> None:
    """The same invoice twice in one mail: as a PDF with its XML, and as XML by itself. It counts once."""
    stem, at = file_stem(one.bill), written_at(one.bill)
    attached = {
        f"{stem}.pdf": envelopes.hybrid(one.bill, at),
        f"{stem}.xml": envelopes.cii(one.bill),
    }
    name = f"{stem}.eml"
    delivery.add(name, envelopes.mail(one.bill, at, attached), (f"{stem}.pdf", one, CONFIRMED))
    sample.tell(
        "invoice by mail",
        "One invoice attached twice, as a PDF and as XML: it counts once.",
        document=one.bill.number,
        file=name,
    )


def _twice(sample: Sample, delivery: Delivery, one: Delivered, plain: _Plain) -> None:
    plain(one, CONFIRMED)
    name = f"{file_stem(one.bill)}_copy.pdf"
    again = envelopes.pdf(one.bill, written_at(one.bill) + timedelta(days=1))
    delivery.add(name, again, (name, one, PREVIEW))
    sample.tell(
        "invoice sent twice",
        "Other bytes, the same seller and number: it waits for a person.",
        document=one.bill.number,
        file=name,
    )


def _dearer(one: Delivered) -> Delivered:
    first, *others = one.bill.rows
    first = replace(first, price_cents=first.price_cents * (100 + DEARER_PERCENT) // 100)
    return replace(one, bill=replace(one.bill, rows=(first, *others)), dearer=(1,))


def _archive(sample: Sample, delivery: Delivery, dearer: Delivered, other: Delivered) -> None:
    bills = {f"{file_stem(one.bill)}.pdf": one for one in (dearer, other)}
    files = {name: envelopes.pdf(one.bill, written_at(one.bill)) for name, one in bills.items()}
    name = f"invoices_{sample.plan.as_of:%Y%m%d}.zip"
    truths = [(inner, one, CONFIRMED) for inner, one in bills.items()]
    delivery.add(name, envelopes.archive(files, written_at(dearer.bill)), *truths)
    sample.tell(
        "price above the order",
        f"Its first row costs {DEARER_PERCENT} percent more than was ordered; it came in an archive.",
        document=dearer.bill.number,
        file=name,
    )


def _scans(sample: Sample, delivery: Delivery, good: Delivered, poor: Delivered) -> None:
    at, name = written_at(good.bill), f"scan_{good.bill.date:%Y%m%d}_0001.pdf"
    picture = scan.clean(envelopes.pdf(good.bill, at))
    delivery.add(name, of_picture(picture, at, "Scan"), (name, good, CONFIRMED))
    at, name = written_at(poor.bill), f"scan_{poor.bill.date:%Y%m%d}_0002.jpg"
    picture = scan.worn(envelopes.pdf(poor.bill, at), sample.plan.rng("worn scan"))
    delivery.add(name, picture, (name, poor, CONFIRMED))
    sample.tell("worn scan", "Crooked, blurred and grainy.", document=poor.bill.number, file=name)


def _credit(sample: Sample, *, one_of: Delivered, plain: _Plain) -> None:
    """Some units of a delivery were damaged; the supplier gives back what they cost."""
    bill = one_of.bill
    row = replace(bill.rows[0], units=min(DAMAGED_UNITS, bill.rows[0].units))
    credit = replace(
        bill,
        number=bill.number.replace("RE-", "GS-"),
        rows=(row,),
        is_credit=True,
        refers_to=bill.number,
        delivered=None,
    )
    drop = plain(replace(one_of, bill=credit, lines=one_of.lines[:1]), CONFIRMED)
    sample.tell("credit note", f"For damaged units of {bill.number}.", document=credit.number, file=drop.name)


def _stranger(sample: Sample, plain: _Plain) -> None:
    day = sample.plan.day(sample.plan.base_days - 2)
    rows = (Row("HX-200", "Shelf bracket set", 40, 3_25, 20), Row("HX-310", "Price rail 1 m", 25, 4_80, 20))
    bill = Bill(STRANGER, "HX-58213", day, day + timedelta(days=30), "GBP", rows, ship_to="S01")
    drop = plain(Delivered(bill, -1, sample.plan.base_days - 2, ()), CONFIRMED)
    sample.tell(
        "unknown supplier", "Bills in pounds for what nobody ordered.", document=bill.number, file=drop.name
    )


def _miscounted(one: Delivered) -> Delivered:
    return replace(one, bill=replace(one.bill, miscounted_cents=TRANSPOSED_CENTS))


def _moved(one: Delivered) -> Delivered:
    seller = replace(one.bill.seller, account=account("NL", OTHER_ACCOUNT))
    return replace(one, bill=replace(one.bill, seller=seller))


def _decide(sample: Sample, drops: Drops, wrong_sum: Drop, corrected: Delivered, moved: Drop) -> None:
    """In the morning, when the previews are there."""
    night, bill = sample.plan.as_of, corrected.bill
    total = str(decimal(bill.net_cents + bill.tax_cents))
    payload = json.dumps({"corrected": {"total": total, "amount_due": total}})
    columns = ["decision_id", "at", "actor", "kind", "subject", "verdict", "reason", "payload"]
    rows = [
        ("D-0011", 10, wrong_sum, "confirm", "wrong_sum", payload),
        ("D-0012", 20, moved, "reject", "unknown_account", None),
    ]

    def content() -> bytes:
        decided = [
            (
                decision,
                formats.at(night, 8, minute).isoformat(),
                "admin",
                "review_invoice",
                f"{drops.sequence(drop)}-1",
                verdict,
                reason,
                more,
            )
            for decision, minute, drop, verdict, reason, more in rows
        ]
        return formats.csv(pl.DataFrame(decided, schema=dict.fromkeys(columns, pl.String), orient="row"))

    name = f"decisions_{night:%Y%m%d}_morning.csv"
    drops.add_later("decisions", name, content, at=formats.at(night, 8, 30))
    sample.tell("decisions about invoices", "One is corrected and confirmed, one rejected.", file=name)
