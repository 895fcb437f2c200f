"""Invoices with a text layer: what is found on them, and when a person must look."""

import pytest

from ml.documents.document import extract
from ml.documents.record import Document
from tests.unit.documents.sheets import Sale, pdf


def read(sale: Sale, **options) -> Document:
    return extract(pdf(sale.texts(), **options), "invoice.pdf")


def values(document: Document) -> dict:
    return {name: found["value"] for name, found in document.written()["fields"].items()}


def errors(document: Document) -> set[str]:
    return {finding.check for finding in document.findings if finding.severity == "error"}


def test_a_sound_invoice_needs_no_person() -> None:
    document = read(Sale())
    assert values(document) == {
        "vendor": "Nordlicht Papier GmbH",
        "vendor_tax_id": "DE136695976",
        "buyer": "Kaufhaus Sommer AG",
        "number": "RE-2024-0815",
        "order_number": None,
        "date": "2024-03-14",
        "due_date": None,
        "currency": "EUR",
        "net": "120.00",
        "tax": "22.80",
        "total": "142.80",
        "amount_due": "142.80",
        "iban": "DE88200800000970375700",
        "type": "invoice",
    }
    assert [line["amount"] for line in document.written()["lines"]] == ["90.00", "30.00"]
    assert document.written()["lines"][0] == {
        "description": "Briefumschlag C5 weiß",
        "sku": None,
        "quantity": "20",
        "unit": None,
        "unit_price": "4.50",
        "price_base_quantity": None,
        "tax_rate": None,
        "amount": "90.00",
    }
    assert (document.status, document.method, document.pages) == ("auto_confirmable", "text", 1)


@pytest.mark.parametrize(
    "sale",
    [
        Sale(total="152,80"),
        Sale(tax="28,20"),
        Sale(
            rows=(
                ("Briefumschlag C5 weiß", "20", "4,50", "95,00"),
                ("Ordner breit grau", "3", "10,00", "30,00"),
            )
        ),
        Sale(rows=(("Briefumschlag C5 weiß", "20", "4,50", "90,00"),)),
    ],
    ids=["total", "tax", "row", "a row is missing"],
)
def test_wrong_arithmetic_goes_to_a_person(sale: Sale) -> None:
    assert read(sale).status == "preview"


def test_a_missing_number_goes_to_a_person() -> None:
    texts = [one for one in Sale().texts() if "Rechnungsnummer" not in one[2]]
    document = extract(pdf(texts), "invoice.pdf")
    assert document.status == "preview"
    assert "missing" in errors(document)


def test_due_before_issue_is_an_error() -> None:
    texts = [*Sale().texts(), (380, 88, "Fällig am: 01.03.2024")]
    document = extract(pdf(texts), "invoice.pdf")
    # A date before that of issue is not taken for the due date, or is an error.
    assert values(document)["due_date"] is None or "due_date" in errors(document)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_is_turned_to_be_shown_reads_the_same(turn: int) -> None:
    document = read(Sale(), turn=turn)
    assert (document.status, document.method) == ("auto_confirmable", "text")
    assert values(document) == values(read(Sale()))


@pytest.mark.parametrize(
    ("label", "value", "taxes"),
    [("zzgl. 19 % USt. auf 120,00", "22,80 €", 1), ("VAT 19%", "EUR 22,80", 0)],
    ids=["the base stands before the tax", "the currency stands before the tax"],
)
def test_the_tax_is_the_last_amount_of_its_line(label: str, value: str, taxes: int) -> None:
    sums = {"zzgl. 19 % USt.": label, "22,80 €": value}
    texts = [(300.0 if text in sums else x, y, sums.get(text, text)) for x, y, text in Sale().texts()]
    texts = [(500.0 if text == value else x, y, text) for x, y, text in texts]
    document = extract(pdf(texts), "invoice.pdf")
    assert values(document)["tax"] == "22.80"
    assert len(document.written()["taxes"]) == taxes
    assert document.status == "auto_confirmable"


def test_what_late_payment_would_cost_is_no_charge() -> None:
    said = "En cas de retard de paiement, indemnité forfaitaire pour frais de recouvrement : 40,00 €"
    document = extract(pdf([*Sale().texts(), (50, 700, said)]), "invoice.pdf")
    assert "charges" not in values(document)
    assert document.status == "auto_confirmable"


def test_several_invoices_in_one_file_are_flagged() -> None:
    first, second = Sale(), Sale(number="RE-2024-0999")
    document = extract(pdf(first.texts(), second.texts()), "two.pdf")
    assert "several_invoices" in errors(document)
    assert document.status == "preview"


def test_rows_go_on_over_pages() -> None:
    many = tuple((f"Ware Nummer {place} lang", "2", "5,00", "10,00") for place in range(1, 61))
    texts = Sale(rows=many[:25]).texts()
    head = [
        one
        for one in texts
        if one[1] < 740 and one[2].split()[0] not in ("Nettobetrag", "zzgl.", "Gesamtbetrag")
    ]
    values_below = [one for one in texts if one[1] > 700 and "€" in one[2]]
    head = [one for one in head if one not in values_below]
    second = [
        (50.0, 40.0, "Beschreibung"),
        (300.0, 40.0, "Menge"),
        (380.0, 40.0, "Einzelpreis"),
        (500.0, 40.0, "Betrag"),
    ]
    for place, (description, quantity, price, amount) in enumerate(many[25:], 1):
        y = 40.0 + 18 * place
        second += [(50.0, y, description), (310.0, y, quantity), (390.0, y, price), (500.0, y, f"{amount} €")]
    document = extract(pdf(head, second), "long.pdf")
    assert document.invoice is not None
    assert len(document.invoice.lines) == 60


def test_javascript_and_embedded_files_change_nothing() -> None:
    script = "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
    document = read(Sale(), attached={"notes.txt": b"hello", "other.xml": b"<note/>"}, extra=script)
    assert document.status == "auto_confirmable"
    assert document.method == "text"


def test_a_net_amount_that_was_taken_for_a_row_proves_nothing() -> None:
    told = [(50, 260, "Wir lieferten 20 Stück Briefumschlag zu 4,50 für 90,00 €")]
    told.append((50, 274, "und 3 Stück Ordner zu je 10,00 für zusammen 30,00 €"))
    document = extract(pdf([*Sale(rows=()).texts(), *told]), "letter.pdf")
    assert document.status == "preview"
