"""An invoice that repeats another one names it, however its number and seller are written."""

import string
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.documents.checks import duplicates, normalised

SCHEMA = {
    "invoice_id": pl.String, "is_confirmed": pl.Boolean, "position": pl.Int64, "content": pl.String,
    "supplier_id": pl.String, "vendor": pl.String, "vendor_tax_id": pl.String, "number": pl.String, "year": pl.Int32,
}  # fmt: skip


def twins(*invoices: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Invoice -> (twin, by what); invoices are called 1, 2, … as they came."""
    rows = [
        dict.fromkeys(SCHEMA)
        | {"invoice_id": str(place), "position": place, "content": f"c{place}", "year": 2026}
        | {"is_confirmed": False, "vendor": "ACME GmbH", "number": "INV-001"}
        | invoice
        for place, invoice in enumerate(invoices, 1)
    ]
    history = pl.DataFrame(rows, schema=SCHEMA)
    found = duplicates.twins(history)
    # Asked about some, the answer is the same.
    some = history["invoice_id"].tail(1)
    assert duplicates.twins(history, some).equals(found.filter(pl.col("invoice_id").is_in(some.implode())))
    return {invoice: (twin, by) for invoice, twin, by in found.iter_rows()}


SAME = [
    ("INV-001", "INV001"),
    ("INV-001", "inv 1"),
    ("2025-17", "2025/017"),
    ("2025-017", "2025017"),
    ("RE2025-17", "RE 2025 – 17"),
    ("F\N{FULLWIDTH DIGIT ONE}2", "F12"),
]
OTHER = [("2025-17", "2025-71"), ("1-12", "11-2"), ("2025-1-1", "2025-11"), ("INV-1", "INV-10"), ("A1", "B1")]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_one_number_is_written_in_many_ways(first: str, second: str) -> None:
    assert twins({"number": first}, {"number": second}) == {"2": ("1", "number")}
    assert twins({"number": second}, {"number": first}) == {"2": ("1", "number")}


@pytest.mark.parametrize(("first", "second"), OTHER)
def test_other_numbers_are_other_invoices(first: str, second: str) -> None:
    assert twins({"number": first}, {"number": second}) == {}


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({"vendor": "ACME GmbH"}, {"vendor": "ACME"}, True),
        ({"vendor": "ACME GmbH"}, {"vendor": "Acmé"}, True),
        ({"vendor": "ACME"}, {"vendor": "Apex"}, False),
        ({"supplier_id": "S1"}, {"supplier_id": "S1", "vendor": "The Acme Shop"}, True),
        ({"supplier_id": "S1"}, {"supplier_id": "S2"}, False),  # ACME GmbH and ACME AG
        ({"supplier_id": "S1"}, {}, True),
        ({"vendor_tax_id": "DE811569869"}, {"vendor": "A. C. M. E.", "vendor_tax_id": "811 569 869"}, True),
        ({"year": 2025}, {"year": 2026}, False),
        ({"vendor": None}, {"vendor": None}, False),
        ({"number": None}, {"number": None}, False),
    ],
)
def test_the_seller_and_the_year_count(first: dict[str, Any], second: dict[str, Any], same: bool) -> None:
    assert twins(first, second) == ({"2": ("1", "number")} if same else {})


def test_the_same_content() -> None:
    assert twins({"content": "a", "number": "1"}, {"content": "a", "number": "2"}) == {"2": ("1", "content")}


def test_all_name_the_first_and_none_stands_beside_a_confirmed_one() -> None:
    assert twins({}, {}, {}) == {"2": ("1", "number"), "3": ("1", "number")}
    late = {"is_confirmed": True}
    assert twins({}, late, {}) == {"1": ("2", "number"), "3": ("2", "number")}


def test_a_finding_names_the_file_of_the_twin() -> None:
    found = pl.DataFrame({"invoice_id": ["2"], "twin_invoice_id": ["1"], "duplicate_by": ["number"]})
    named = pl.DataFrame({"invoice_id": ["1", "2"], "name": ["a.pdf", "b.pdf"]})
    said = duplicates.findings(found, named)
    assert said["sentence"].to_list() == ["Invoice 1 (a.pdf) has the same seller, number and year"]


NUMBER_GROUPS = st.lists(
    st.one_of(st.from_regex(r"[1-9][0-9]{0,4}", fullmatch=True), st.text("ABCXYZ", min_size=1, max_size=3)),
    min_size=1,
    max_size=4,
)
SEPARATORS = st.sampled_from(["-", "/", " ", ".", " - "])


def _one(expression: pl.Expr, value: str) -> Any:
    return pl.DataFrame({"value": [value]}).select(expression).item()


def _groups(value: str) -> Any:
    return _one(normalised.groups(pl.col("value")), value)


@settings(max_examples=40)
@given(NUMBER_GROUPS, SEPARATORS, SEPARATORS, st.integers(0, 3))
def test_separators_case_and_zeros_say_nothing(groups: list[str], one: str, other: str, zeros: int) -> None:
    padded = ["0" * zeros + group if group.isdigit() else group.lower() for group in groups]
    assert _groups(one.join(groups)) == _groups(other.join(padded))


@settings(max_examples=40)
@given(NUMBER_GROUPS, NUMBER_GROUPS, SEPARATORS)
def test_other_digits_never_agree(one: list[str], other: list[str], separator: str) -> None:
    """Numbers that agree have the same digits in the same order."""
    first, second = separator.join(one), separator.join(other)
    if twins({"number": first}, {"number": second}):
        assert "".join(one) == "".join(other)
    elif one == other:
        raise AssertionError("a number is not its own twin")


@given(
    st.text(string.ascii_letters, min_size=4, max_size=12),
    st.sampled_from(["GmbH", "Ltd.", "S.A.", "AG", "Inc", "GmbH & Co. KG", "B.V.", ""]),
    st.sampled_from(["{} {}", "{}, {}", " {}  {} "]),
)
def test_legal_forms_and_case_say_nothing(name: str, form: str, written: str) -> None:
    """Whatever a firm is called."""
    name = f"Q{name}q"  # no legal form by itself
    plain = _one(normalised.name(pl.col("value")), name)
    assert _one(normalised.name(pl.col("value")), written.format(name.upper(), form)) == plain
