"""XML from outside, parsed so that it can neither grow nor reach for other files, and asked by local names."""

from decimal import Decimal, InvalidOperation

from lxml import etree  # ty: ignore[import-not-found] - compiled, without types

from ml.documents.reading.limits import Limits

Element = etree._Element


class NotAnInvoice(Exception):
    """XML of something else, or no XML."""


class BrokenXml(Exception):
    """XML that is malformed or hostile; the sentence says why."""


ROOTS = {
    "CrossIndustryInvoice": "cii",
    "CrossIndustryDocument": "zugferd1",
    "Invoice": "ubl",
    "CreditNote": "ubl",
}


def parse(content: bytes, limits: Limits) -> Element:
    """The root of an e-invoice. A DTD is refused: no e-invoice has one, and all tricks need one."""
    if len(content) > limits.xml_bytes:
        raise BrokenXml(f"The XML has {len(content):,} bytes; at most {limits.xml_bytes:,} are read")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise BrokenXml(f"The XML is malformed: {error.msg}") from error
    except ValueError as error:
        raise BrokenXml("The XML is malformed") from error
    if root.getroottree().docinfo.doctype:
        raise BrokenXml("The XML declares a document type, which can hide entities: e-invoices have none")
    if kind(root) is None:
        raise NotAnInvoice(f"The XML is of {local(root)}, not of an invoice")
    return root


def kind(root: Element) -> str | None:
    """`cii`, `zugferd1`, `draft` (ZUGFeRD before its first release) or `ubl`."""
    found = ROOTS.get(local(root))
    namespace = etree.QName(root).namespace or ""
    if found == "ubl" and "ubl" not in namespace:
        return "draft" if namespace.startswith("urn:un:unece:uncefact:data:standard:CBFBUY") else None
    return found


def local(element: Element) -> str:
    return etree.QName(element).localname


def children(element: Element | None, name: str) -> list[Element]:
    if element is None:
        return []
    return [child for child in element if isinstance(child.tag, str) and local(child) == name]


def find(element: Element | None, *names: str) -> Element | None:
    """The first at the end of a path of local names; `a|b` takes either."""
    for name in names:
        if element is None:
            return None
        wanted = name.split("|")
        element = next(
            (child for child in element if isinstance(child.tag, str) and local(child) in wanted), None
        )
    return element


def text(element: Element | None, *names: str) -> str | None:
    found = find(element, *names)
    if found is None or found.text is None:
        return None
    return " ".join(found.text.split()) or None


def number(element: Element | None, *names: str) -> Decimal | None:
    """A decimal as XML writes it; None where there is none."""
    found = text(element, *names)
    if found is None:
        return None
    try:
        value = Decimal(found)
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < Decimal("1e15") else None
