"""From the bytes of a file to its invoice with findings and status. Whatever the file is, there is an answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from pathlib import Path

from PIL.Image import Image

from ml.documents import confidence, engines
from ml.documents.checks import agreement, arithmetic, identity
from ml.documents.extraction.extract import Read
from ml.documents.extraction.extract import extract as extract_pages
from ml.documents.extraction.scoring import scored
from ml.documents.reading import evidence, images, kinds, pdf, recognise
from ml.documents.reading.kept import KeptPages
from ml.documents.reading.limits import LIMITS, Limits, NoOcr, Unreadable
from ml.documents.record import Document, Finding, Invoice
from ml.documents.words import Page
from ml.documents.xml import cii, official, parse, ubl

SURE_SCORE = 0.9
"""Mean score of an engine from which a page with proven amounts needs no second one."""


@dataclass(frozen=True)
class Options:
    """How documents are read."""

    engine: str = "auto"
    xml: bool = True
    limits: Limits = LIMITS
    kept: Path | None = None
    """A folder for recognised pages."""


@dataclass
class _Found:
    """What the parts of a file gave."""

    pages: list[Page]
    count: int
    xml: parse.Element | None = None
    findings: tuple[Finding, ...] = ()


def extract(content: bytes, file: str, options: Options | None = None) -> Document:
    """One document's answer; a document that cannot be read has an error."""
    options = options or Options()
    document = Document(file)
    try:
        found = _read(content, options, document)
        _fill(document, found)
    except (Unreadable, NoOcr, parse.BrokenXml, parse.NotAnInvoice) as error:
        document.error = str(error)
    except RecursionError:
        document.error = "The document is nested too deeply"
    except MemoryError:
        document.error = "The document needs more memory than there is"
    if document.error:
        document.status = "failed"
        document.invoice = None
    return document


def pages_of(content: bytes, options: Options | None = None) -> list[Page]:
    """The pages of a document with their words: none of one that is XML, or that cannot be read."""
    try:
        return _read(content, options or Options(), Document("")).pages
    except (Unreadable, NoOcr, parse.BrokenXml, parse.NotAnInvoice):
        return []


def _read(content: bytes, options: Options, document: Document) -> _Found:
    limits = options.limits
    if not content:
        raise Unreadable("The file is empty")
    if len(content) > limits.bytes:
        raise Unreadable(f"The file has {len(content):,} bytes; at most {limits.bytes:,} are read")
    match kinds.kind(content):
        case "pdf":
            return _read_pdf(content, options, document)
        case "xml":
            if not options.xml:
                raise Unreadable("The file is XML, which was not to be read")
            return _Found([], 0, parse.parse(content, limits))
        case None:
            raise Unreadable("The file is no PDF, JPEG, PNG, TIFF, WebP or XML")
    kept = KeptPages(options.kept, content, options.engine) if options.kept else None
    pages = [
        _recognised(lambda image=image: image, number, options, kept)
        for number, image in enumerate(images.image_pages(content, limits))
    ]
    document.pages = len(pages)
    return _Found(pages, len(pages))


def _read_pdf(content: bytes, options: Options, document: Document) -> _Found:
    opened = pdf.open_pdf(content, options.limits)
    try:
        count = document.pages = len(opened)
        root, findings = _embedded(opened, options) if options.xml else (None, [])
        pages = []
        needed: list[int] = []
        for number in range(count):
            page = pdf.text_page(opened, number, options.limits)
            pages.append(page)
            if not evidence.is_text(page.words):
                needed.append(number)
        if len(needed) > options.limits.recognised_pages:
            raise Unreadable(
                f"{len(needed):,} pages have no text and would need OCR; at most "
                f"{options.limits.recognised_pages} are recognised"
            )
        missing = None
        kept = KeptPages(options.kept, content, options.engine) if options.kept else None
        for number in needed:
            try:
                pixels = partial(pdf.page_pixels, opened, number, options.limits)
                pages[number] = _recognised(pixels, number, options, kept)
            except NoOcr as error:
                # Other pages and the XML may say enough.
                missing = error
                pages[number] = replace(pages[number], words=())
        if missing and root is None and not any(page.words for page in pages):
            raise missing
        if missing:
            findings.append(Finding("ocr", "error", str(missing)))
        return _Found(pages, count, root, tuple(findings))
    finally:
        opened.close()


def _embedded(opened, options: Options) -> tuple[parse.Element | None, list[Finding]]:
    """The first attachment that is an e-invoice; one that is broken is a finding."""
    findings: list[Finding] = []
    for name, content in pdf.attachments(opened):
        if kinds.kind(content) != "xml" and not name.lower().endswith(".xml"):
            continue
        try:
            return parse.parse(content, options.limits), findings
        except parse.NotAnInvoice:
            continue
        except parse.BrokenXml as error:
            findings.append(Finding("xml", "error", str(error)))
    return None, findings


def _recognised(pixels: Callable[[], Image], number: int, options: Options, kept: KeptPages | None) -> Page:
    """The words of a page, from the folder of kept pages where they lie there."""
    page = kept.page(number) if kept else None
    if page is None:
        page = recognise.recognise(
            pixels(), number, engine=options.engine, limits=options.limits, is_sure=is_sure
        )
        if kept:
            kept.keep(page)
    return page


def is_sure(page: Page) -> bool:
    """Whether one engine's words are enough: well read, and an invoice whose amounts are proven."""
    if evidence.mean_score(page.words) < SURE_SCORE:
        return False
    invoice = extract_pages([page])
    return invoice.proven and {"date", "number", "vendor"} <= invoice.fields.keys()


def _fill(document: Document, found: _Found) -> None:
    words = [page for page in found.pages if page.words or page.other]
    recognised = any(page.engine != "text" for page in words)
    by_page, considered = engines.extracted(words) if words else (Invoice("none"), None)
    if found.xml is not None:
        _fill_from_xml(document, found, by_page, considered, recognised)
        return
    if not words:
        raise Unreadable("No text was found: the pages are empty or cannot be recognised")
    document.method = _method(words)
    document.invoice = by_page
    findings = [
        *found.findings,
        *by_page.findings,
        *arithmetic.check(by_page, exact=False),
        *identity.check(by_page),
        *(_several(considered) if considered else ()),
    ]
    confidence.with_confidence(by_page, recognised=recognised)
    _conclude(document, findings, proven=by_page.proven)


def _method(pages: list[Page]) -> str:
    used = {"text" if page.engine == "text" else "ocr" for page in pages}
    return "text+ocr" if len(used) > 1 else used.pop()


def _fill_from_xml(
    document: Document, found: _Found, by_page: Invoice, considered: Read | None, recognised: bool
) -> None:
    root = found.xml
    assert root is not None
    invoice = ubl.read(root) if parse.kind(root) == "ubl" else cii.read(root)
    document.method = "xml"
    document.invoice = invoice
    findings = [
        *found.findings,
        *invoice.findings,
        *official.check(root),
        *arithmetic.check(invoice, exact=True),
        *identity.check(invoice),
    ]
    if considered is not None:
        findings += agreement.check(invoice, by_page, considered, sure=not recognised)
    doubted = any(one.severity == "error" for one in findings)
    confidence.of_xml(invoice, doubted=doubted)
    known = [invoice.amount(name) is not None for name in ("net", "total")]
    _conclude(document, findings, proven=all(known))


def _several(found: Read) -> list[Finding]:
    """Pages with labelled numbers and totals of their own are several invoices in one file."""
    if len(found.layout.pages) < 2:
        return []
    totals = {one.box[0] for one in found.amounts if one.box and {"L:strong", "L:due"} & one.features.keys()}
    own: dict[int, str] = {}
    for one in scored("number", list(found.numbers)):
        if (
            one.box
            and one.box[0] in totals
            and {"L:strong", "L:title"} & one.features.keys()
            and one.score > 2
        ):
            own.setdefault(one.box[0], str(one.value))
    first = {number: page for page, number in sorted(own.items(), reverse=True)}
    if len(first) < 2:
        return []
    named = ", ".join(
        f"{number} (page {page + 1})" for number, page in sorted(first.items(), key=itemgetter(1))[:5]
    )
    return [Finding("several_invoices", "error", f"The file holds several invoices: {named}. Divide it")]


def _conclude(document: Document, findings: list[Finding], *, proven: bool) -> None:
    document.findings = list(dict.fromkeys(findings))
    contradicted = any(one.severity == "error" for one in document.findings)
    document.status = "auto_confirmable" if proven and not contradicted else "preview"
