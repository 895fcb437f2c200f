"""One invoice from what two engines read on the same pages."""

from dataclasses import replace

from ml.documents.extraction.extract import Read, invoice_of, read
from ml.documents.extraction.labels import plain
from ml.documents.record import Invoice
from ml.documents.words import Page


def extracted(pages: list[Page]) -> tuple[Invoice, Read]:
    """The invoice of the pages, and what was considered; of two engines the one that proves more leads."""
    first = read(pages)
    engine = pages[0].engine if pages else "text"
    invoice = invoice_of(first, engine)
    if not any(page.other for page in pages):
        return invoice, first
    others = [
        replace(page, words=page.other, other=(), engine="rapidocr") if page.other else page for page in pages
    ]
    second = read(others)
    other = invoice_of(second, "rapidocr")
    # The second engine reads weak pages better; the first one leads only where it alone proves its amounts.
    if invoice.proven and not other.proven:
        return _together(invoice, other), first
    return _together(other, invoice), second


def _together(leading: Invoice, other: Invoice) -> Invoice:
    for name, found in leading.fields.items():
        seen = other.fields.get(name)
        if seen is None:
            continue
        same = found.value == seen.value or (
            isinstance(found.value, str)
            and "".join(plain(found.value).split()) == "".join(plain(str(seen.value)).split())
        )
        said = "engines agree" if same else "engines disagree"
        leading.fields[name] = replace(found, evidence=(*found.evidence, said))
    for name, seen in other.fields.items():
        if name not in leading.fields:
            leading.fields[name] = replace(seen, evidence=(*seen.evidence, "engines disagree"))
    if not leading.lines and other.lines:
        leading.lines = other.lines
    return leading
