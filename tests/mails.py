"""Mails for tests, as programs of senders write them."""

from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP


def mail(
    *attached: tuple[str, bytes, str],
    subject: str = "Ihre Rechnung für März",
    sender: str = "Jürgen Groß <rechnung@papier.example>",
    text: str = "Guten Tag, anbei die Rechnung.",
    html: str | None = None,
    shown: Sequence[tuple[str, bytes]] = (),
) -> EmailMessage:
    """A mail with files attached, given as name, bytes and type, and pictures that its HTML shows, by id."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, "buchhaltung@kaufhaus.example", subject
    message["Date"] = "Tue, 03 Nov 2026 09:00:00 +0100"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
        page = [*message.iter_parts()][-1]
        assert isinstance(page, EmailMessage)
        for name, content in shown:
            page.add_related(content, "image", "png", cid=f"<{name}>")
    for name, content, kind in attached:
        maintype, _, subtype = kind.partition("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return message
