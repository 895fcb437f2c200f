"""Small PDFs, pages and e-invoices that tests write themselves."""

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from PIL import Image

from ml.documents.reading.limits import LIMITS
from ml.documents.reading.pdf import open_pdf, page_pixels
from ml.documents.words import Page, Word

Text = tuple[float, float, str]
"""Left, top (from the top of the page) and what stands there."""
WIDTH, HEIGHT = 595, 842


@dataclass
class Sale:
    """An invoice with two rows, as tests change it."""

    vendor: str = "Nordlicht Papier GmbH"
    buyer: str = "Kaufhaus Sommer AG"
    number: str = "RE-2024-0815"
    date: str = "14.03.2024"
    rows: tuple[tuple[str, str, str, str], ...] = (
        ("Briefumschlag C5 weiß", "20", "4,50", "90,00"),
        ("Ordner breit grau", "3", "10,00", "30,00"),
    )
    net: str = "120,00"
    tax: str = "22,80"
    total: str = "142,80"

    def texts(self) -> list[Text]:
        """As a German letter."""
        found: list[Text] = [
            (50, 40, self.vendor),
            (50, 54, "Hafenstraße 3"),
            (50, 68, "20457 Hamburg"),
            (50, 82, "USt-IdNr.: DE136695976"),
            (50, 130, "Rechnungsempfänger:"),
            (50, 144, self.buyer),
            (50, 158, "Marktplatz 1"),
            (50, 172, "80331 München"),
            (380, 40, "Rechnung"),
            (380, 60, f"Rechnungsnummer: {self.number}"),
            (380, 74, f"Rechnungsdatum: {self.date}"),
            (50, 240, "Beschreibung"),
            (300, 240, "Menge"),
            (380, 240, "Einzelpreis"),
            (500, 240, "Betrag"),
        ]
        y = 260
        for description, quantity, price, amount in self.rows:
            found += [(50, y, description), (310, y, quantity), (390, y, price), (500, y, f"{amount} €")]
            y += 18
        for label, value in (
            ("Nettobetrag", self.net),
            ("zzgl. 19 % USt.", self.tax),
            ("Gesamtbetrag", self.total),
        ):
            y += 18
            found += [(380, y, label), (500, y, f"{value} €")]
        found.append((50, 760, "IBAN: DE88 2008 0000 0970 3757 00"))
        return found


def pdf(
    *pages: Sequence[Text], attached: dict[str, bytes] | None = None, turn: int = 0, extra: str = ""
) -> bytes:
    """A PDF with a text layer, and files embedded in it."""
    objects: list[bytes] = [b"", b""]
    kids, files = [], []
    font = _add(objects, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    for texts in pages:
        drawn = "".join(
            f"BT /F1 10 Tf {_place(x, y, turn)} Tm ({_escaped(text)}) Tj ET\n" for x, y, text in texts
        )
        content = _add(objects, _stream(drawn.encode("cp1252")))
        kids.append(
            _add(
                objects,
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Rotate {turn} /Contents {content} 0 R "
                f"/Resources << /Font << /F1 {font} 0 R >> >> >>".encode(),
            )
        )
    for name, data in (attached or {}).items():
        file = _add(objects, _stream(data, "/Type /EmbeddedFile "))
        spec = _add(
            objects, f"<< /Type /Filespec /F ({name}) /UF ({name}) /EF << /F {file} 0 R >> >>".encode()
        )
        files.append(f"({name}) {spec} 0 R")
    names = f"/Names << /EmbeddedFiles << /Names [{' '.join(files)}] >> >>" if files else ""
    objects[0] = f"<< /Type /Catalog /Pages 2 0 R {names} {extra} >>".encode()
    objects[1] = (
        f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>".encode()
    )
    return _file(objects)


def _place(x: float, y: float, turn: int) -> str:
    """The matrix of a text that stands upright at a place of the page as it is shown."""
    match turn:
        case 90:
            return f"0 1 -1 0 {y + 10} {x}"
        case 180:
            return f"-1 0 0 -1 {WIDTH - x} {y + 10}"
        case 270:
            return f"0 -1 1 0 {WIDTH - y - 10} {HEIGHT - x}"
    return f"1 0 0 1 {x} {HEIGHT - y - 10}"


def _add(objects: list[bytes], content: bytes) -> int:
    objects.append(content)
    return len(objects)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _stream(data: bytes, more: str = "") -> bytes:
    packed = zlib.compress(data)
    head = f"<< {more}/Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode()
    return head + packed + b"\nendstream"


def _file(objects: list[bytes]) -> bytes:
    written = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return written + end.encode() + f"startxref\n{len(written)}\n%%EOF\n".encode()


def page(*texts: Text, number: int = 0, size: float = 10.0) -> Page:
    """Words at their places, as a text layer gives them."""
    words = []
    for x, y, text in texts:
        left = x
        for part in text.split():
            words.append(Word(part, left, y, left + len(part) * size / 2, y + 1.2 * size, number))
            left += (len(part) + 0.6) * size / 2
    return Page(number, WIDTH, HEIGHT, tuple(words))


def picture(texts: Sequence[Text]) -> Image.Image:
    """A page as a scanner with 200 dots an inch gives it."""
    opened = open_pdf(pdf(texts), LIMITS)
    image = page_pixels(opened, 0, LIMITS)
    opened.close()
    return image


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    image.save(target, kind)
    return target.getvalue()


def cii(
    *,
    number: str = "RE-2024-0815",
    date: str = "20240314",
    date_format: str = "102",
    net: str = "120.00",
    tax: str = "22.80",
    total: str = "142.80",
    profile: str = "urn:cen.eu:en16931:2017",
    first_amount: str = "90.00",
) -> bytes:
    """A Factur-X invoice in the profile EN 16931 that keeps all rules, unless it is changed."""
    rows = "".join(
        _cii_row(place, name, quantity, price, amount)
        for place, (name, quantity, price, amount) in enumerate(
            (
                ("Briefumschlag C5 weiß", "20", "4.50", first_amount),
                ("Ordner breit grau", "3", "10.00", "30.00"),
            ),
            1,
        )
    )
    lines = sum((Decimal(one) for one in (first_amount, "30.00")), Decimal(0))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>{profile}</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>{number}</ram:ID><ram:TypeCode>380</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="{date_format}">{date}</udt:DateTimeString></ram:IssueDateTime>
</rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction>{rows}
<ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Nordlicht Papier GmbH</ram:Name>
<ram:PostalTradeAddress><ram:PostcodeCode>20457</ram:PostcodeCode><ram:LineOne>Hafenstraße 3</ram:LineOne>
<ram:CityName>Hamburg</ram:CityName><ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE136695976</ram:ID></ram:SpecifiedTaxRegistration>
</ram:SellerTradeParty><ram:BuyerTradeParty><ram:Name>Kaufhaus Sommer AG</ram:Name>
<ram:PostalTradeAddress><ram:PostcodeCode>80331</ram:PostcodeCode><ram:LineOne>Marktplatz 1</ram:LineOne>
<ram:CityName>München</ram:CityName><ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress></ram:BuyerTradeParty>
</ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeDelivery/>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>58</ram:TypeCode><ram:PayeePartyCreditorFinancialAccount>
<ram:IBANID>DE88200800000970375700</ram:IBANID></ram:PayeePartyCreditorFinancialAccount>
</ram:SpecifiedTradeSettlementPaymentMeans>
<ram:ApplicableTradeTax><ram:CalculatedAmount>{tax}</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode>
<ram:BasisAmount>{net}</ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode>
<ram:RateApplicablePercent>19.00</ram:RateApplicablePercent></ram:ApplicableTradeTax>
<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>
<udt:DateTimeString format="102">20240413</udt:DateTimeString></ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:LineTotalAmount>{lines}</ram:LineTotalAmount>
<ram:TaxBasisTotalAmount>{net}</ram:TaxBasisTotalAmount><ram:TaxTotalAmount currencyID="EUR">{tax}</ram:TaxTotalAmount>
<ram:GrandTotalAmount>{total}</ram:GrandTotalAmount><ram:DuePayableAmount>{total}</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>""".encode()


def _cii_row(place: int, name: str, quantity: str, price: str, amount: str) -> str:
    return f"""<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument>
<ram:LineID>{place}</ram:LineID></ram:AssociatedDocumentLineDocument><ram:SpecifiedTradeProduct><ram:Name>{name}</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>{price}</ram:ChargeAmount>
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement><ram:SpecifiedLineTradeDelivery>
<ram:BilledQuantity unitCode="C62">{quantity}</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode>
<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>19.00</ram:RateApplicablePercent>
</ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>{amount}</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
</ram:IncludedSupplyChainTradeLineItem>"""


def ubl() -> bytes:
    """A credit note in UBL."""
    return b"""<CreditNote xmlns="urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0</cbc:CustomizationID>
<cbc:ID>GS-7</cbc:ID><cbc:IssueDate>2024-03-20</cbc:IssueDate><cbc:CreditNoteTypeCode>381</cbc:CreditNoteTypeCode>
<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:AccountingSupplierParty><cac:Party><cac:PostalAddress><cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode>
</cac:Country></cac:PostalAddress><cac:PartyTaxScheme><cbc:CompanyID>DE136695976</cbc:CompanyID>
<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
<cac:PartyLegalEntity><cbc:RegistrationName>Nordlicht Papier GmbH</cbc:RegistrationName></cac:PartyLegalEntity>
</cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cac:PostalAddress><cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode>
</cac:Country></cac:PostalAddress><cac:PartyLegalEntity><cbc:RegistrationName>Kaufhaus Sommer AG</cbc:RegistrationName>
</cac:PartyLegalEntity></cac:Party></cac:AccountingCustomerParty>
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">1.90</cbc:TaxAmount><cac:TaxSubtotal>
<cbc:TaxableAmount currencyID="EUR">10.00</cbc:TaxableAmount><cbc:TaxAmount currencyID="EUR">1.90</cbc:TaxAmount>
<cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="EUR">10.00</cbc:LineExtensionAmount>
<cbc:TaxExclusiveAmount currencyID="EUR">10.00</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="EUR">11.90</cbc:TaxInclusiveAmount>
<cbc:PayableAmount currencyID="EUR">11.90</cbc:PayableAmount></cac:LegalMonetaryTotal>
<cac:CreditNoteLine><cbc:ID>1</cbc:ID><cbc:CreditedQuantity unitCode="C62">2</cbc:CreditedQuantity>
<cbc:LineExtensionAmount currencyID="EUR">10.00</cbc:LineExtensionAmount><cac:Item><cbc:Name>Ordner</cbc:Name>
<cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID>
</cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="EUR">50.00</cbc:PriceAmount>
<cbc:BaseQuantity unitCode="C62">10</cbc:BaseQuantity>
</cac:Price></cac:CreditNoteLine></CreditNote>"""
