"""Three ways to put a bill on paper: a German letter, an English form and a French one with boxes."""

from collections.abc import Callable, Sequence
from datetime import datetime

from retail_assets.samples.papers.bill import Bill, Row
from retail_assets.samples.papers.languages import ENGLISH, FRENCH, GERMAN, Language
from retail_assets.samples.papers.sheet import LEFT, LOWEST, RIGHT, Align, Column, Sheet

SIGNS = {"EUR": "€", "GBP": "£"}
"""Currencies that the German and the French layout write as a sign; others by their code."""

Layout = Callable[[Bill, datetime], Sheet]


def german_letter(bill: Bill, written_at: datetime) -> Sheet:
    """The recipient in the window, facts beside it, rows numbered, accounts at the foot."""
    language, seller = GERMAN, bill.seller
    kind = "credit" if bill.is_credit else "invoice"
    sheet = Sheet("helvetica", 9.5, written_at, f"{language[kind]} {bill.number}")
    sheet.text(LEFT, 14, seller.name, bold=True, size=15)
    sheet.lines(LEFT, 21, [f"{seller.street}, {seller.place}"], size=9)
    buyer = bill.buyer
    sheet.lines(LEFT, 50, [buyer.name, buyer.street, buyer.place])
    facts = [
        (language["credit_number" if bill.is_credit else "number"], bill.number),
        (language["credit_date" if bill.is_credit else "date"], language.date(bill.date)),
        (language["order"], bill.order_number),
        (language["refers"], bill.refers_to),
        (language["customer"], "10042"),
        (language["delivered"], language.date(bill.delivered) if bill.delivered else None),
        (language["due"], None if bill.is_credit else language.date(bill.due)),
    ]
    y = _facts(sheet, facts, 50, left=120, right=RIGHT)
    sheet.text(LEFT, 92, f"{language[kind]} {bill.number}", bold=True, size=13)
    sheet.text(LEFT, 100, language["credited" if bill.is_credit else "thanks"])
    noted = sheet.lines(LEFT, 110, [*bill.notes, ""]) if bill.notes else 110
    y = _table(
        sheet,
        bill,
        language,
        max(y, noted),
        [
            ("position", LEFT, 27, "L"),
            ("sku", 33, 57, "L"),
            ("name", 58, 107, "L"),
            ("units", 107, 118, "R"),
            ("unit", 121, 133, "L"),
            ("price", 134, 156, "R"),
            ("rate", 157, 169, "R"),
            ("amount", 170, RIGHT, "R"),
        ],
    )
    y = _totals(sheet, bill, language, y, left=115, last="credit_total" if bill.is_credit else "total")
    said = [] if bill.is_credit else [language["terms"].format(language.date(bill.due))]
    if bill.discount:
        percent, until = bill.discount
        said.append(language["discount"].format(language.date(until), percent))
    if seller.country != buyer.country:
        said.append(language["reverse"])
    sheet.lines(LEFT, y + 6, said)
    sheet.rule(269)
    sheet.lines(LEFT, 271, [seller.name, f"{seller.street}, {seller.place}"], size=8)
    sheet.lines(
        105,
        271,
        [f"{language['account']} {seller.grouped_account}", f"{language['tax_id']} {seller.tax_id}"],
        size=8,
    )
    sheet.number_pages(language["page"])
    return sheet


def english_form(bill: Bill, written_at: datetime) -> Sheet:
    """The seller at the right, parties side by side, a grid of facts, payment details below."""
    language, seller, buyer = ENGLISH, bill.seller, bill.buyer
    sheet = Sheet("helvetica", 9.5, written_at, f"Invoice {bill.number}")
    sheet.text(LEFT, 15, language["invoice"], bold=True, size=22)
    sheet.text(125, 15, seller.name, bold=True, size=11)
    sheet.lines(
        125, 21, [seller.street, seller.place, seller.country, f"{language['tax_id']} {seller.tax_id}"]
    )
    sheet.text(LEFT, 50, language["bill_to"], bold=True)
    sheet.lines(LEFT, 55, [buyer.name, buyer.street, buyer.place, "Germany"])
    if bill.ship_to:
        sheet.text(75, 50, language["ship_to"], bold=True)
        sheet.lines(75, 55, [f"Store {bill.ship_to}", buyer.place, "Germany"])
    facts = [
        (language["number"], bill.number),
        (language["date"], language.date(bill.date)),
        (language["order"], bill.order_number),
        (language["due"], language.date(bill.due)),
    ]
    _facts(sheet, facts, 50, left=125, right=RIGHT)
    y = _table(
        sheet,
        bill,
        language,
        92,
        [
            ("sku", LEFT, 46, "L"),
            ("name", 48, 108, "L"),
            ("units", 108, 124, "R"),
            ("price", 126, 147, "R"),
            ("rate", 149, 162, "R"),
            ("amount", 164, RIGHT, "R"),
        ],
    )
    y = _totals(sheet, bill, language, y, left=125)
    sheet.text(LEFT, y + 8, language["payment"], bold=True)
    said = [
        language["terms"].format((bill.due - bill.date).days),
        f"{language['account']} {seller.grouped_account}",
    ]
    if seller.country not in ("GB", buyer.country):
        said.append(language["reverse"])
    sheet.lines(LEFT, y + 13, said)
    sheet.number_pages(language["page"])
    return sheet


def french_boxes(bill: Bill, written_at: datetime) -> Sheet:
    """Both parties in boxes, another typeface, decimals after a comma and thousands after a blank."""
    language, seller, buyer = FRENCH, bill.seller, bill.buyer
    sheet = Sheet("times", 10.5, written_at, f"Facture {bill.number}")
    sheet.text(LEFT, 14, language["invoice"].format(bill.number), bold=True, size=17)
    facts = [
        (language["date"], language.date(bill.date)),
        (language["due"], language.date(bill.due)),
        (language["order"], bill.order_number),
    ]
    _facts(sheet, facts, 24, left=LEFT, right=85)
    for left, label, firm in ((LEFT, "from", seller), (110, "bill_to", buyer)):
        sheet.box(left, 46, left + 80, 80)
        sheet.text(left + 2, 48, language[label], bold=True)
        sheet.lines(
            left + 2,
            54,
            [firm.name, firm.street, firm.place, f"{language['tax_id']} {firm.tax_id}"],
        )
    y = _table(
        sheet,
        bill,
        language,
        90,
        [
            ("sku", LEFT, 44, "L"),
            ("name", 46, 102, "L"),
            ("units", 102, 116, "R"),
            ("unit", 119, 130, "L"),
            ("price", 130, 150, "R"),
            ("rate", 152, 163, "R"),
            ("amount", 165, RIGHT, "R"),
        ],
    )
    y = _totals(sheet, bill, language, y, left=125)
    said = [language["terms"], f"{language['account']} {seller.grouped_account}"]
    if seller.country != buyer.country:
        said.append(language["reverse"])
    y = sheet.lines(LEFT, y + 8, said)
    sheet.lines(LEFT, 275, [language["penalty"]], size=8)
    sheet.number_pages(language["page"])
    return sheet


def _facts(
    sheet: Sheet, facts: Sequence[tuple[str, str | None]], y: float, *, left: float, right: float
) -> float:
    for label, value in facts:
        if value:
            sheet.text(left, y, label)
            sheet.text(right, y, value, align="R")
            y += sheet.height() + 0.5
    return y


def _table(
    sheet: Sheet,
    bill: Bill,
    language: Language,
    y: float,
    columns: Sequence[tuple[str, float, float, Align]],
) -> float:
    def cell(name: str, place: int, row: Row) -> str:
        match name:
            case "position":
                return str(place)
            case "sku":
                return row.sku
            case "name":
                return row.name
            case "units":
                return str(row.units)
            case "unit":
                return language["piece"]
            case "price":
                return language.amount(row.price_cents)
            case "rate":
                return f"{row.tax_percent} %"
        return language.amount(row.amount_cents)

    names = [name for name, *_ in columns]
    rows = [[cell(name, place, row) for name in names] for place, row in enumerate(bill.rows, 1)]
    heads = [Column(language[name], left, right, align) for name, left, right, align in columns]
    return sheet.table(y, heads, rows, again=25)


def _totals(
    sheet: Sheet, bill: Bill, language: Language, y: float, *, left: float, last: str = "total"
) -> float:
    sign = SIGNS.get(bill.currency, bill.currency) if language is not ENGLISH else bill.currency

    def money(cents: int) -> str:
        amount = language.amount(cents)
        return f"{sign} {amount}" if language is ENGLISH else f"{amount} {sign}"

    lines = [(language["net"], money(bill.net_cents))]
    for percent, (base, tax) in bill.taxes.items():
        label = language["tax"].format(percent, language.amount(base)) if percent else language["no_tax"]
        lines.append((label, money(tax)))
    if y + (len(lines) + 2) * sheet.height() > LOWEST:
        sheet.add_page()
        y = 25
    for label, value in lines:
        sheet.text(left, y, label)
        sheet.text(RIGHT, y, value, align="R")
        y += sheet.height() + 0.8
    sheet.rule(y, left)
    sheet.text(left, y + 1.5, language[last], bold=True)
    sheet.text(RIGHT, y + 1.5, money(bill.total_cents), align="R", bold=True)
    return y + sheet.height() + 3
