"""E-invoices: exact fields, the official rules, and XML that disagrees or attacks."""

import pytest

from ml.documents.document import Options, extract
from ml.documents.record import Document
from tests.unit.documents.sheets import Sale, cii, pdf, ubl


def hybrid(embedded: bytes, *, xml: bool = True) -> Document:
    content = pdf(Sale().texts(), attached={"factur-x.xml": embedded})
    return extract(content, "hybrid.pdf", Options(xml=xml))


def errors(document: Document) -> set[str]:
    return {finding.check for finding in document.findings if finding.severity == "error"}


def test_a_sound_hybrid_is_exact_and_confirmable() -> None:
    document = hybrid(cii())
    assert document.method == "xml"
    assert not errors(document), document.findings
    assert document.status == "auto_confirmable"
    written = document.written()
    assert written["fields"]["total"]["value"] == "142.80"
    assert written["fields"]["due_date"]["value"] == "2024-04-13"
    assert written["lines"][0]["quantity"] == "20"
    assert written["lines"][0]["unit"] == "C62"
    assert written["lines"][0]["tax_rate"] == "19"
    assert written["lines"][0]["sku"] is None


def test_xml_by_itself() -> None:
    document = extract(cii(), "invoice.xml")
    assert (document.status, document.pages, document.method) == ("auto_confirmable", 0, "xml")


def test_the_page_is_read_where_xml_is_not_wanted() -> None:
    document = hybrid(cii(number="OTHER-1"), xml=False)
    assert document.method == "text"
    assert document.invoice is not None
    assert document.invoice.value("number") == "RE-2024-0815"


@pytest.mark.parametrize(
    ("xml", "check"),
    [
        (cii(total="143.80"), "total"),
        (cii(tax="23.80", total="143.80"), "tax"),
        (cii(first_amount="91.00"), "row_amount"),
        (cii(date="20240230"), "date"),
        (cii(date="14.03.2024"), "date"),
        (cii(date_format="1020"), "date"),
        (cii(profile=""), "profile"),
        (cii(profile="urn:example:unknown"), "profile"),
        (cii(number="RE-2024-9999"), "xml_and_page"),
        (cii(date="20240315"), "xml_and_page"),
        (cii(net="130.00", tax="24.70", total="154.70"), "xml_and_page"),
    ],
    ids=[
        "total",
        "tax",
        "row",
        "no such day",
        "other format",
        "unknown format",
        "no profile",
        "unknown profile",
        "number",
        "date",
        "amounts",
    ],
)
def test_a_defect_is_an_error_and_stops_confirmation(xml: bytes, check: str) -> None:
    document = hybrid(xml)
    assert check in errors(document), document.findings
    assert document.status == "preview"


def test_what_the_official_rules_refuse_is_an_error() -> None:
    broken = cii().replace(
        b"<ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress>\n<ram:SpecifiedTax",
        b"</ram:PostalTradeAddress>\n<ram:SpecifiedTax",
    )
    assert broken != cii()
    assert errors(hybrid(broken)) & {"rules", "schema"}


def test_what_the_schema_refuses_is_an_error() -> None:
    broken = cii().replace(b"<ram:TypeCode>380</ram:TypeCode>", b"<ram:Kind>380</ram:Kind>")
    assert "schema" in errors(hybrid(broken))


def test_malformed_xml_is_an_error_and_the_page_is_read() -> None:
    document = hybrid(cii()[:-40])
    assert "xml" in errors(document)
    assert (document.method, document.status) == ("text", "preview")


def test_a_credit_note_in_ubl() -> None:
    document = extract(ubl(), "credit.xml")
    written = document.written()
    assert written["fields"]["type"]["value"] == "credit_note"
    assert written["fields"]["total"]["value"] == "11.90"
    assert written["lines"] == [
        {
            "description": "Ordner",
            "sku": None,
            "quantity": "2",
            "unit": "C62",
            "unit_price": "50.00",
            "price_base_quantity": "10",
            "tax_rate": "19",
            "amount": "10.00",
        }
    ]
    assert any("XRechnung" in finding.sentence for finding in document.findings)


ENTITY = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("trick", [ENTITY, BOMB], ids=["external entity", "entity bomb"])
def test_entities_are_refused(trick: bytes) -> None:
    head, rest = cii().split(b"?>", 1)
    hostile = head + b"?>" + trick + rest.replace(b"RE-2024-0815", b"&a;")
    alone = extract(hostile, "hostile.xml")
    assert alone.status == "failed"
    assert "document type" in str(alone.error) or "malformed" in str(alone.error)
    assert "root:" not in str(alone.written())
    inside = hybrid(hostile)
    assert "xml" in errors(inside)


def test_other_xml_is_no_invoice() -> None:
    document = extract(b"<?xml version='1.0'?><orders/>", "orders.xml")
    assert document.status == "failed"
    assert "orders" in str(document.error)
