"""Suppliers as their papers name them: address, tax number and account, both with right check digits. Nobody exists."""

from dataclasses import dataclass
from itertools import count

from stdnum import iban
from stdnum.eu import vat
from stdnum.fr import siren

COUNTRIES = ("DE", "NL", "AT", "FR", "PL", "DE")
"""Of the suppliers, by turns."""
TERMS_DAYS = (14, 30, 30, 60)
"""Days until payment is due, by turns."""

_NAMES = (
    "Beispiel Waren{} GmbH",
    "Muster Makers{} B.V.",
    "Spätlese Waren{} GmbH",
    "Probe et Fils{} SARL",
    "Próba{} Sp. z o.o.",
    "Versuch Waren{} KG",
)
_REGIONS = ("", " Nord", " Süd", " West", " Ost", " Mitte", " Alpin")
"""Of those with the same name, so that no two are called the same."""
_STREETS = {
    "DE": ("Lagerstraße {}", "20357", "Hamburg"),
    "NL": ("Voorbeeldweg {}", "3011 AB", "Rotterdam"),
    "AT": ("Mustergasse {}", "4020", "Linz"),
    "FR": ("{} rue de l'Exemple", "69002", "Lyon"),
    "PL": ("ul. Wzorcowa {}", "40-001", "Katowice"),
}


@dataclass(frozen=True)
class Firm:
    """A company as it stands on paper."""

    name: str
    street: str
    postcode: str
    town: str
    country: str
    tax_id: str
    account: str
    """IBAN without blanks."""
    terms_days: int = 30

    @property
    def place(self) -> str:
        return f"{self.postcode} {self.town}"

    @property
    def grouped_account(self) -> str:
        return iban.format(self.account)


def supplier(number: int) -> Firm:
    """The supplier of a number, counted from 0."""
    country = COUNTRIES[number % len(COUNTRIES)]
    street, postcode, town = _STREETS[country]
    again = number // len(_NAMES)
    region = _REGIONS[again] if again < len(_REGIONS) else f" {again}"
    return Firm(
        _NAMES[number % len(_NAMES)].format(region),
        street.format(number + 3),
        postcode,
        town,
        country,
        tax_id(country, 100 + number),
        account(country, 100 + number),
        TERMS_DAYS[number % len(TERMS_DAYS)],
    )


def tax_id(country: str, number: int) -> str:
    """A VAT number of a country with right check digits; another one for each number."""
    first = 100_000_000 + number * 1_000
    if country == "FR":
        return f"FR{siren.to_tva(next(str(n) for n in count(first) if siren.is_valid(str(n))))}"
    pattern = {"DE": "DE{:09d}", "NL": "NL{:09d}B01", "AT": "ATU{:08d}", "PL": "PL1{:09d}"}[country]
    start = first // 10 if country == "AT" else first
    return next(text for n in count(start) if vat.is_valid(text := pattern.format(n)))


def account(country: str, number: int) -> str:
    """An IBAN of a country with right check digits."""
    inner = {
        "DE": f"10010000{number:010d}",
        "NL": f"MUST{number:010d}",
        "AT": f"10000{number:011d}",
        "FR": _french_account(number),
        "PL": f"10100000{number:016d}",
        "GB": f"MUST100000{number:08d}",
    }[country]
    return f"{country}{iban.calc_check_digits(f'{country}00{inner}')}{inner}"


def _french_account(number: int) -> str:
    """Bank, branch, account and the key of all three."""
    bank, branch = 10_000, 1
    key = 97 - (89 * bank + 15 * branch + 3 * number) % 97
    return f"{bank:05d}{branch:05d}{number:011d}{key:02d}"


RETAILER = Firm(
    "Musterkaufhaus AG",
    "Speicherstraße 1",
    "20457",
    "Hamburg",
    "DE",
    tax_id("DE", 1),
    account("DE", 1),
)
"""Who gets the invoices."""

STRANGER = Firm(
    "Hartwell Example Fixtures Ltd",
    "12 Sample Lane",
    "M1 1AA",
    "Manchester",
    "GB",
    "GB100000034",
    account("GB", 7),
)
"""Bills the retailer and is no supplier of it."""
