"""The pattern and the source that `propose` makes of a file's name."""

import fnmatch
import re

import pytest
import yaml

from retail_assets.feeds.onboarding.proposing.file_pattern import file_pattern

CUSTOMERS = "Kundennr;Name;E-Mail\nK1;Erika Muster;e@example.org\n"


@pytest.mark.parametrize(
    ("name", "files", "source"),
    [
        ("customers__Anna Schmidt Kunden.csv", "customers__* Kunden.csv", "customers_Kunden"),
        ("Kundenliste von Anna Schmidt 2026-11-26.csv", "Kundenliste *.csv", "Kundenliste"),
        ("Anna Schmidt.csv", "*.csv", "customers"), ("anna_schmidt_crm_20261126.csv", "*_crm_*.csv", "crm"),
        ("AnnaSchmidt-clients.csv", "*-clients.csv", "clients"), ("crm (Schmidt, Anna).csv", "crm (*, *).csv", "crm"),
        ("Müller-Lüdenscheidt_export.csv", "*_export.csv", "export"),
        ("Kundenexport_November_2026.csv", "Kundenexport_*.csv", "Kundenexport"),
        ("members_20261126T140500Z.csv", "members_*.csv", "members"),
    ],
)  # fmt: skip
def test_no_name_of_a_person_in_a_file_s_name_gets_into_the_mapping(
    propose, name: str, files: str, source: str
) -> None:
    text = propose(CUSTOMERS, feed="customers", name=name)
    mapping = yaml.safe_load(text)
    assert (mapping["match"]["files"], mapping["source"]) == (files, source)
    assert fnmatch.fnmatchcase(name.lower(), files.lower())
    assert not re.search("anna|schmidt|denscheidt", text.split("# Next:")[0], re.IGNORECASE)
    if re.search("anna|denscheidt", name, re.IGNORECASE):
        assert re.search("files: .*# CHECK: words that may name a person", text)
        assert "try FILE --feed customers" in text


@pytest.mark.parametrize(
    "name", ["Kasse1.csv", "umsatz_S1_20261118.csv", "till 2 2026-11-18.csv", "B2B_shop_2026.csv", "s1.csv"]
)
def test_a_number_that_may_name_a_store_or_a_till_is_marked(propose, name: str) -> None:
    assert re.search(r"files: .*# CHECK: .*name a store", propose("receipt,qty\n1,2\n", name=name))


@pytest.mark.parametrize(
    "name",
    ["umsatz_20261118.csv", "umsatz 18.11.2026 12-30.csv", "umsatz_2026-11.csv", "umsatz_1732060800.csv",
     "umsatz (3).csv", "umsatz_20261126T140500Z.csv", "UMSATZ.CSV.20261118", "ventes.csv"],
)  # fmt: skip
def test_dates_and_copies_are_not(propose, name: str) -> None:
    assert not re.search(r"files: .*# CHECK", propose("receipt,qty\n1,2\n", name=name))


@pytest.mark.parametrize(
    ("today", "tomorrow", "other"),
    [
        ("UMSATZ.CSV.20261118", "UMSATZ.CSV.20261119", "KASSE.CSV.20261119"),
        ("umsatz.csv.1", "umsatz.csv.22", "kasse.csv.1"),
        ("8f14e45f-ceea-467f-9575-28f3c3a1b2c3.csv", "01b307ac-ba4f-4544-8f0d-0a3b0d5c9f10.csv", "umsatz.csv"),
        ("umsatz-8F14E45F-CEEA-467F-9575-28F3C3A1B2C3.csv", "umsatz-01B307AC-BA4F-4544-8F0D-0A3B0D5C9F10.csv",
         "kasse-01B307AC-BA4F-4544-8F0D-0A3B0D5C9F10.csv"),
        ("till_9e107d9d372bb6826bd81d3542a419d6.csv", "till_e4d909c290d0fb1ca068ffaddf22cbd0.csv", "till.csv"),
    ],
)  # fmt: skip
def test_tomorrow_s_file_is_called_so_too(today: str, tomorrow: str, other: str) -> None:
    pattern = file_pattern(today).lower()
    assert fnmatch.fnmatchcase(today.lower(), pattern) and fnmatch.fnmatchcase(tomorrow.lower(), pattern), (
        pattern
    )
    assert not fnmatch.fnmatchcase(other.lower(), pattern)
