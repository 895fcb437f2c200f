"""How suppliers write: words of an invoice and forms of numbers and dates, by language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Language:
    """Words by what they name; the forms of numbers and dates."""

    words: Mapping[str, str]
    thousands: str
    point: str
    day: str

    def amount(self, cents: int) -> str:
        """1.234,50 for 123450, or as the language has it."""
        whole, rest = divmod(abs(cents), 100)
        sign = "-" if cents < 0 else ""
        return f"{sign}{whole:,}".replace(",", self.thousands) + f"{self.point}{rest:02d}"

    def date(self, day: date) -> str:
        return day.strftime(self.day)

    def __getitem__(self, name: str) -> str:
        return self.words[name]


GERMAN = Language(
    {
        "invoice": "Rechnung",
        "credit": "Gutschrift",
        "number": "Rechnungsnummer:",
        "credit_number": "Gutschriftsnummer:",
        "date": "Rechnungsdatum:",
        "credit_date": "Datum:",
        "due": "Zahlbar bis:",
        "order": "Bestellnummer:",
        "refers": "Zu Rechnung:",
        "customer": "Kundennummer:",
        "ship_to": "Lieferung an:",
        "delivered": "Lieferdatum:",
        "position": "Pos.",
        "sku": "Artikelnr.",
        "name": "Bezeichnung",
        "units": "Menge",
        "unit": "Einheit",
        "piece": "Stück",
        "price": "Einzelpreis",
        "rate": "USt %",
        "amount": "Betrag",
        "net": "Nettobetrag",
        "tax": "zzgl. {} % USt. auf {}",
        "no_tax": "Umsatzsteuer 0 %",
        "total": "Rechnungsbetrag",
        "credit_total": "Gutschriftsbetrag",
        "account": "IBAN:",
        "tax_id": "USt-IdNr.:",
        "page": "Seite {} von {}",
        "terms": "Bitte zahlen Sie ohne Abzug bis {}.",
        "discount": "Bei Zahlung bis {} gewähren wir {} % Skonto.",
        "thanks": "Wir danken für Ihren Auftrag und berechnen wie folgt:",
        "credited": "Wir schreiben Ihnen für beschädigte Ware gut:",
        "reverse": "Steuerfreie innergemeinschaftliche Lieferung.",
    },
    ".",
    ",",
    "%d.%m.%Y",
)
ENGLISH = Language(
    {
        "invoice": "INVOICE",
        "number": "Invoice No.:",
        "date": "Invoice date:",
        "due": "Due date:",
        "order": "Purchase order:",
        "bill_to": "Bill to",
        "ship_to": "Ship to",
        "sku": "Item code",
        "name": "Description",
        "units": "Quantity",
        "unit": "Unit",
        "piece": "pcs",
        "price": "Unit price",
        "rate": "VAT %",
        "amount": "Amount",
        "net": "Subtotal",
        "tax": "VAT {}%",
        "no_tax": "VAT 0%",
        "total": "Total",
        "account": "IBAN:",
        "tax_id": "VAT ID:",
        "page": "Page {} of {}",
        "terms": "Payable within {} days.",
        "reverse": "Intra-Community supply, exempt from VAT.",
        "payment": "Payment details",
        "copy": "COPY",
    },
    ",",
    ".",
    "%d %b %Y",
)
FRENCH = Language(
    {
        "invoice": "FACTURE N° {}",
        "date": "Date de facture :",
        "due": "Date d'échéance :",
        "order": "N° de commande :",
        "from": "Émetteur",
        "bill_to": "Client",
        "sku": "Réf.",
        "name": "Désignation",
        "units": "Qté",
        "unit": "Unité",
        "piece": "pce",
        "price": "P.U. HT",
        "rate": "TVA",
        "amount": "Montant HT",
        "net": "Total HT",
        "tax": "TVA {} %",
        "no_tax": "TVA 0 %",
        "total": "Total TTC",
        "account": "IBAN :",
        "tax_id": "N° TVA :",
        "page": "Page {}/{}",
        "terms": "Paiement par virement.",
        "penalty": "En cas de retard de paiement, indemnité forfaitaire pour frais de recouvrement : 40 €.",
        "reverse": "Livraison intracommunautaire exonérée de TVA, art. 262 ter I du CGI.",
    },
    "\N{NO-BREAK SPACE}",
    ",",
    "%d/%m/%Y",
)
