"""A bill of a German supplier as XML, in the profile EN 16931 of Factur-X, and what a PDF says that holds one."""

from datetime import date
from xml.sax.saxutils import escape

from retail_assets.samples.papers.bill import Bill, Row, decimal
from retail_assets.samples.papers.firms import Firm

FILE_NAME = "factur-x.xml"
_PROFILE = "urn:cen.eu:en16931:2017"
_INVOICE, _CREDIT_NOTE = "380", "381"
_CREDIT_TRANSFER = "58"

XMP = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"><fx:DocumentType>INVOICE</fx:DocumentType>
<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName><fx:Version>1.0</fx:Version>
<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel></rdf:Description></rdf:RDF>"""


def cii(bill: Bill) -> bytes:
    """The bill as a CrossIndustryInvoice. All of its rows are taxed at standard rates."""
    kind = _CREDIT_NOTE if bill.is_credit else _INVOICE
    order = (
        f"<ram:IssuerAssignedID>{escape(bill.order_number)}</ram:IssuerAssignedID>"
        if bill.order_number
        else ""
    )
    rows = "".join(_row(place, row) for place, row in enumerate(bill.rows, 1))
    delivered = (
        "<ram:ActualDeliverySupplyChainEvent><ram:OccurrenceDateTime>"
        f"{_day(bill.delivered)}</ram:OccurrenceDateTime></ram:ActualDeliverySupplyChainEvent>"
        if bill.delivered
        else ""
    )
    taxes = "".join(
        f"<ram:ApplicableTradeTax><ram:CalculatedAmount>{decimal(tax)}</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode>"
        f"<ram:BasisAmount>{decimal(base)}</ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode>"
        f"<ram:RateApplicablePercent>{percent}</ram:RateApplicablePercent></ram:ApplicableTradeTax>"
        for percent, (base, tax) in bill.taxes.items()
    )
    net, total = decimal(bill.net_cents), decimal(bill.total_cents)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>{_PROFILE}</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>{escape(bill.number)}</ram:ID><ram:TypeCode>{kind}</ram:TypeCode>
<ram:IssueDateTime>{_day(bill.date)}</ram:IssueDateTime></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>{rows}
<ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty>{_party(bill.seller)}</ram:SellerTradeParty>
<ram:BuyerTradeParty>{_party(bill.buyer)}</ram:BuyerTradeParty>
{f"<ram:BuyerOrderReferencedDocument>{order}</ram:BuyerOrderReferencedDocument>" if order else ""}
</ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeDelivery>{delivered}</ram:ApplicableHeaderTradeDelivery>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>{bill.currency}</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>{_CREDIT_TRANSFER}</ram:TypeCode>
<ram:PayeePartyCreditorFinancialAccount><ram:IBANID>{bill.seller.account}</ram:IBANID></ram:PayeePartyCreditorFinancialAccount>
</ram:SpecifiedTradeSettlementPaymentMeans>{taxes}
<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>{_day(bill.due)}</ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:LineTotalAmount>{net}</ram:LineTotalAmount>
<ram:TaxBasisTotalAmount>{net}</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="{bill.currency}">{decimal(bill.tax_cents)}</ram:TaxTotalAmount>
<ram:GrandTotalAmount>{total}</ram:GrandTotalAmount><ram:DuePayableAmount>{total}</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>
""".encode()


def _day(day: date) -> str:
    return f'<udt:DateTimeString format="102">{day:%Y%m%d}</udt:DateTimeString>'


def _party(firm: Firm) -> str:
    return (
        f"<ram:Name>{escape(firm.name)}</ram:Name><ram:PostalTradeAddress><ram:PostcodeCode>{firm.postcode}</ram:PostcodeCode>"
        f"<ram:LineOne>{escape(firm.street)}</ram:LineOne><ram:CityName>{escape(firm.town)}</ram:CityName>"
        f"<ram:CountryID>{firm.country}</ram:CountryID></ram:PostalTradeAddress><ram:SpecifiedTaxRegistration>"
        f'<ram:ID schemeID="VA">{firm.tax_id}</ram:ID></ram:SpecifiedTaxRegistration>'
    )


def _row(place: int, row: Row) -> str:
    return f"""
<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument><ram:LineID>{place}</ram:LineID>
</ram:AssociatedDocumentLineDocument><ram:SpecifiedTradeProduct><ram:SellerAssignedID>{escape(row.sku)}</ram:SellerAssignedID>
<ram:Name>{escape(row.name)}</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>{decimal(row.price_cents)}</ram:ChargeAmount>
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement><ram:SpecifiedLineTradeDelivery>
<ram:BilledQuantity unitCode="H87">{row.units}</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode>
<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>{row.tax_percent}</ram:RateApplicablePercent>
</ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementLineMonetarySummation>
<ram:LineTotalAmount>{decimal(row.amount_cents)}</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
</ram:IncludedSupplyChainTradeLineItem>"""
