"""Bills as files: in their supplier's layout, with their XML, in a mail or an archive. Always the same bytes."""

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from PIL import Image

from retail_assets.samples.papers.bill import Bill
from retail_assets.samples.papers.einvoice import FILE_NAME, XMP, cii
from retail_assets.samples.papers.layouts import Layout, english_form, french_boxes, german_letter
from retail_assets.samples.papers.sheet import Sheet

LAYOUTS: Mapping[str, Layout] = {
    "DE": german_letter,
    "AT": german_letter,
    "FR": french_boxes,
    "NL": english_form,
    "PL": english_form,
    "GB": english_form,
}
"""By the country of the seller."""


def sheet(bill: Bill, written_at: datetime) -> Sheet:
    return LAYOUTS[bill.seller.country](bill, written_at)


def pdf(bill: Bill, written_at: datetime) -> bytes:
    """A PDF whose text can be read."""
    return sheet(bill, written_at).content()


def hybrid(bill: Bill, written_at: datetime) -> bytes:
    """A PDF with its XML inside (Factur-X)."""
    found = sheet(bill, written_at)
    found.embed(FILE_NAME, cii(bill), "Factur-X")
    found.describe(XMP)
    return found.content()


def locked(bill: Bill, written_at: datetime) -> bytes:
    """A PDF that asks for a password."""
    found = sheet(bill, written_at)
    found.lock("geheim")
    return found.content()


def mail(bill: Bill, sent_at: datetime, attached: Mapping[str, bytes]) -> bytes:
    """A mail of the seller: a text, the same as HTML with a logo in it, and files attached."""
    message = EmailMessage(SMTP)
    message["From"] = f'"{bill.seller.name}" <rechnungen@example.com>'
    message["To"] = "rechnungseingang@example.org"
    message["Subject"] = f"Ihre Rechnung {bill.number} für Bestellung {bill.order_number}"
    message["Date"] = sent_at
    message["Message-ID"] = f"<{bill.number}@example.com>"
    text = f"Guten Tag,\n\nanbei die Rechnung {bill.number}.\n\nMit freundlichen Grüßen\n{bill.seller.name}\n"
    message.set_content(text)
    page = f'<p>Guten Tag,</p><p>anbei die Rechnung {bill.number}.</p><p><img src="cid:logo@example.com"></p>'
    message.add_alternative(page, subtype="html")
    html = message.get_body(("html",))
    assert html is not None
    html.add_related(
        _logo(), "image", "png", cid="<logo@example.com>", filename="logo.png", disposition="inline"
    )
    for name, content in attached.items():
        kind = ("text", "xml") if name.endswith(".xml") else ("application", "pdf")
        message.add_attachment(content, *kind, filename=name)
    _name_boundaries(message)
    return message.as_bytes()


def archive(files: Mapping[str, bytes], packed_at: datetime) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, packed_at.timetuple()[:6])
            target.writestr(member, content, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _logo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (48, 16), (24, 96, 140)).save(buffer, "PNG")
    return buffer.getvalue()


def _name_boundaries(message: EmailMessage) -> None:
    """What parts a mail is drawn by lot unless it is said."""
    for place, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=-part-{place}-of-sample")
