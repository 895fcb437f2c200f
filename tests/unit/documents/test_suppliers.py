"""Sellers are known suppliers by tax number, account or name; another account is an error."""

import polars as pl
import pytest

from ml.documents.checks.suppliers import findings, match

SUPPLIERS = pl.DataFrame(
    [
        ("S1", "Nordlicht Papier GmbH", "DE136695976", "DE88200800000970375700"),
        ("S2", "Blue River Media Ltd", None, "GB82WEST12345698765432"),
        ("S2", "Blue River Media Ltd", None, "GB33BUKB20201555555555"),
        ("S3", "Blue River Metal Ltd", None, None),
        ("S4", "Tölz Handel 1 GmbH", "811569869", None),
        ("S5", "Tölz Handel 1 AG", "ATU62134737", None),
        ("S6", "Tölz Handel 2 GmbH", "DE811128135", None),
        ("S7", "Twice Ltd", "GB123456789", "GB29NWBK60161331926819"),
        ("S8", "Twice Retail Ltd", "GB123456789", "GB94BARC10201530093459"),
    ],
    schema=["supplier_id", "name", "tax_id", "iban"],
    orient="row",
)


def found(**values: str) -> dict[str, object]:
    invoice = pl.DataFrame(
        [dict.fromkeys(["vendor", "vendor_tax_id", "iban"]) | values],
        schema=dict.fromkeys(["vendor", "vendor_tax_id", "iban"], pl.String),
    ).with_columns(invoice_id=pl.lit("1-1"))
    matched = match(invoice, SUPPLIERS)
    said = findings(invoice, matched)
    return {**matched.row(0, named=True), "findings": list(said.select("check", "severity").iter_rows())}


@pytest.mark.parametrize(
    ("values", "supplier", "by"),
    [
        ({"vendor": "Somebody", "vendor_tax_id": "DE 136 695 976"}, "S1", "tax_id"),
        ({"vendor": "Nordlicht", "vendor_tax_id": "136695976"}, "S1", "tax_id"),
        ({"vendor": "Toelz", "vendor_tax_id": "DE811569869"}, "S4", "tax_id"),
        ({"vendor": "Somebody", "iban": "GB82 WEST 1234 5698 7654 32"}, "S2", "iban"),
        ({"vendor": "Somebody", "iban": "GB33 BUKB 2020 1555 5555 55"}, "S2", "iban"),
        ({"vendor": "NORDLICHT PAPIER"}, "S1", "name"),
        ({"vendor": "Blue River Media Limited"}, "S2", "name"),
        ({"vendor": "TÖLZ HANDEL 1 AG"}, "S5", "name"),
        ({"vendor": "Tolz Handel 2"}, "S6", "name"),
        ({"vendor": "Twice", "vendor_tax_id": "GB 123456789"}, "S7", "tax_id"),
        ({"vendor_tax_id": "GB123456789", "iban": "GB94BARC10201530093459"}, "S8", "tax_id"),
    ],
)
def test_the_supplier_is_found(values: dict[str, str], supplier: str, by: str) -> None:
    answer = found(**values)
    assert (answer["supplier_id"], answer["matched_by"]) == (supplier, by)


@pytest.mark.parametrize(
    "values",
    [
        {"vendor": "Sunny Side Foods"},
        {"vendor": "Blue River Mefal"},
        {"vendor": "Tölz Handel 1"},
        {"vendor_tax_id": "FR136695976"},
        {},
    ],
)
def test_what_fits_nobody_or_two_is_unknown(values: dict[str, str]) -> None:
    answer = found(**values)
    assert answer["supplier_id"] is None
    assert answer["findings"] == [("supplier", "warning")]


def test_another_account_is_an_error() -> None:
    changed = found(vendor="Nordlicht Papier", vendor_tax_id="DE136695976", iban="DE02120300000000202051")
    assert changed["findings"] == [("supplier_iban", "error")]
    same = found(vendor="Nordlicht Papier", vendor_tax_id="DE136695976", iban="DE88 2008 0000 0970 3757 00")
    assert same["findings"] == []


def test_an_account_of_neither_that_it_may_be_is_an_error() -> None:
    """Nobody gets around the account by a name between two."""
    answer = found(vendor="Blue River Mefal", iban="DE02120300000000202051")
    assert answer["findings"] == [("supplier", "warning"), ("supplier_iban", "error")]


def test_signs_that_contradict_are_told() -> None:
    assert found(vendor="Sunny Foods", vendor_tax_id="DE136695976")["findings"] == [
        ("supplier_name", "warning")
    ]
    assert found(vendor="Nordlicht Papier", vendor_tax_id="DE811128130")["findings"] == [
        ("supplier_tax_id", "warning")
    ]
    assert found(vendor="Blue River Metal", iban="DE02120300000000202051")["findings"] == [
        ("supplier_iban", "note")
    ]


def test_thousands_are_matched_by_column() -> None:
    letters = [f"{one}{two}{three}" for one in "ABCDEFGH" for two in "IKLMNO" for three in "PQRST"]
    suppliers = pl.DataFrame({"supplier_id": letters}).with_columns(
        name=pl.format("Firm {}{}{} Ltd", *["supplier_id"] * 3),
        tax_id=pl.lit(None, pl.String),
        iban=pl.lit(None, pl.String),
    )
    invoices = suppliers.select(
        "tax_id",
        "iban",
        invoice_id="supplier_id",
        vendor=pl.col("name").str.to_uppercase(),
        vendor_tax_id="tax_id",
    )
    matched = match(invoices, suppliers)
    assert matched["supplier_id"].to_list() == suppliers["supplier_id"].to_list()


def test_nothing_to_match() -> None:
    none = SUPPLIERS.clear()
    invoices = pl.DataFrame(
        schema=dict.fromkeys(["invoice_id", "vendor", "vendor_tax_id", "iban"], pl.String)
    )
    assert match(invoices, SUPPLIERS).is_empty()
    one = pl.DataFrame([{"invoice_id": "1-1", "vendor": "A", "vendor_tax_id": "DE1", "iban": None}])
    one = one.with_columns(pl.col("iban").cast(pl.String))
    assert match(one, none)["supplier_id"].to_list() == [None]
