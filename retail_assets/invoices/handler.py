"""How documents of invoices come in: any PDF, scan or e-invoice in `inbox/invoices`, or in a folder there.

A document is kept as it is and not read yet; its first bytes say what it is. One that is locked, damaged or too long is
admitted and fails with a reason when it is read, so that every document has a state.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ml.documents.reading.kinds import kind
from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.kinds import TABLE_SUFFIXES
from retail_assets.intake.handlers import Batch, Handler, Identity, Inbox, Outcome
from retail_assets.intake.hashing import key_of
from retail_assets.intake.ledger_tables import Drop
from retail_assets.invoices.contracts import DOCUMENT, DOCUMENT_VERSION, FOLDER
from retail_assets.invoices.mails import is_mail
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.tables import INVOICE_DOCUMENTS
from retail_assets.platform import Platform

_HEAD_BYTES = 2_048
_HTML = re.compile(rb"\s*(<!--.*?-->\s*)?<(!doctype html|html)\b", re.IGNORECASE | re.DOTALL)
_ADVICE = (
    (
        0,
        b"\xd0\xcf\x11\xe0",
        "a mail as Outlook keeps it (.msg), or an old file of Word or Excel: save the mail as .eml, or print a PDF",
    ),
    (0, b"PK\x03\x04", "a file of an office program (.docx, .xlsx), or a zip without .zip: save it as a PDF"),
    (0, b"{\\rtf", "a text document (.rtf): save it as a PDF"),
    (4, b"ftyphei", "a photo of a telephone (.heic): save it as JPEG or PDF"),
    (4, b"ftypmif1", "a photo of a telephone (.heic): save it as JPEG or PDF"),
    (0, b"GIF8", "a GIF: save it as PNG or PDF"),
    (0, b"BM", "a bitmap: save it as PNG or PDF"),
)
"""Place and bytes that tell what somebody may take for a document, and what to do."""


def document_handler(platform: Platform) -> Handler:
    most = platform.settings_of(InvoiceSettings).invoice_max_bytes

    def load(paths: Sequence[Path]) -> Iterator[Outcome | Unreadable]:
        for path in paths:
            yield _judged(path, most)

    return Handler(
        name="invoices",
        description="Documents of invoices: PDF, JPEG, PNG, TIFF, WebP, XML.",
        inboxes=(Inbox(FOLDER, platform.lake.inbox / FOLDER, levels=1),),
        reader=Batch(load),
        identify=identify_document,
        takes=is_document,
        starts=lambda _: [f"lake/{INVOICE_DOCUMENTS.name}"],
    )


def is_document(folder: str, name: str) -> bool:
    """Whatever is dropped here and calls itself neither a table nor a mail; what it is its bytes have to tell."""
    return folder == FOLDER and not is_mail(name) and not name.lower().endswith(TABLE_SUFFIXES)


def identify_document(drop: Drop) -> Identity:
    """The same bytes are the same document, whatever they are called."""
    return Identity(DOCUMENT, DOCUMENT_VERSION, {}, key_of(drop.sha256, DOCUMENT, DOCUMENT_VERSION))


def _judged(path: Path, most: int) -> Outcome | Unreadable:
    size = path.stat().st_size
    if size > most:
        return Unreadable(
            "too_large",
            f"The document has {size:,} bytes; at most {most:,} are read (RETAIL_INVOICE_MAX_BYTES). Scan it with "
            "fewer dots per inch, or divide it.",
        )
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    found = kind(head)
    if found is None or _HTML.match(head):
        return Unreadable(
            "not_a_document", f"A PDF, JPEG, PNG, TIFF, WebP or XML was expected; this is {_what(head)}."
        )
    return Outcome(metadata={"kind": found})


def _what(head: bytes) -> str:
    if not head:
        return "an empty file: send it again"
    if _HTML.match(head):
        return "a web page: print it as a PDF"
    return next((said for place, mark, said in _ADVICE if head.startswith(mark, place)), "something else")
