"""Sellers are known suppliers by tax number, account or name; another account is an error."""

import pytest

from ml.documents.checks.suppliers import Supplier, check, match
from ml.documents.record import Invoice

SUPPLIERS = (
    Supplier("S1", "Nordlicht Papier GmbH", "DE136695976", ("DE88200800000970375700",)),
    Supplier("S2", "Blue River Media Ltd", None, ("GB82WEST12345698765432",)),
    Supplier("S3", "Blue River Metal Ltd", None, ()),
)


def invoice(**values: str) -> Invoice:
    made = Invoice("text")
    for name, value in values.items():
        made.put(name, value)
    return made


@pytest.mark.parametrize(
    ("values", "supplier", "by"),
    [
        ({"vendor": "Somebody", "vendor_tax_id": "DE 136 695 976"}, "S1", "tax id"),
        ({"vendor": "Somebody", "iban": "GB82 WEST 1234 5698 7654 32"}, "S2", "iban"),
        ({"vendor": "NORDLICHT PAPIER"}, "S1", "name"),
        ({"vendor": "Blue River Media Limited"}, "S2", "name"),
    ],
)
def test_the_supplier_is_found(values: dict[str, str], supplier: str, by: str) -> None:
    found = match(invoice(**values), SUPPLIERS)
    assert found is not None
    assert (found.supplier.supplier_id, found.by) == (supplier, by)


@pytest.mark.parametrize("name", ["Sunny Side Foods", "Blue River Mefal"])
def test_what_fits_nobody_or_two_is_unknown(name: str) -> None:
    found = match(invoice(vendor=name), SUPPLIERS)
    assert found is None
    assert [finding.check for finding in check(invoice(vendor=name), found)] == ["supplier"]


def test_another_account_is_an_error() -> None:
    changed = invoice(vendor_tax_id="DE136695976", iban="DE02120300000000202051")
    findings = check(changed, match(changed, SUPPLIERS))
    assert [(finding.check, finding.severity) for finding in findings] == [("supplier_iban", "error")]
    same = invoice(vendor_tax_id="DE136695976", iban="DE88 2008 0000 0970 3757 00")
    assert check(same, match(same, SUPPLIERS)) == []
