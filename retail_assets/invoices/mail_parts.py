"""Which parts of a mail are no attachments: its text, what it shows within it, signatures, and what is locked."""

import re
from collections.abc import Iterable
from email.message import Message
from urllib.parse import unquote

End = tuple[str, str]
"""How a part ends that becomes no drop, left_out or rejected, and by which rule."""

_REFERENCE = re.compile(r"cid:([^\"'\s>)]+)", re.IGNORECASE)
_LEFT_OUT = {
    "text/calendar": "calendar",
    "application/ics": "calendar",
    "text/vcard": "business_card",
    "text/x-vcard": "business_card",
    "application/pgp-signature": "signature",
    "application/pkcs7-signature": "signature",
    "application/x-pkcs7-signature": "signature",
    "application/pgp-keys": "signature",
    "message/delivery-status": "delivery_report",
    "message/disposition-notification": "delivery_report",
    "text/rfc822-headers": "delivery_report",
}
_LEFT_OUT_SUFFIXES = {".ics": "calendar", ".vcf": "business_card", ".p7s": "signature"}
_REJECTED = {
    "multipart/encrypted": "encrypted",
    "application/pkcs7-mime": "encrypted",
    "application/x-pkcs7-mime": "encrypted",
    "application/pgp-encrypted": "encrypted",
    "application/ms-tnef": "outlook_only",
    "application/vnd.ms-tnef": "outlook_only",
    "message/partial": "not_whole",
    "message/external-body": "not_whole",
}
_REJECTED_NAMES = {"winmail.dat": "outlook_only", "smime.p7m": "encrypted"}


def end_of(part: Message, name: str, shown: Iterable[str] = ()) -> End | None:
    """How a part ends that is no attachment; None for one that is. `shown` are the ids that its text refers to."""
    kind, name = part.get_content_type(), name.lower()
    rejected = _REJECTED.get(kind) or _REJECTED_NAMES.get(name)
    if rejected == "encrypted" and "signed" in str(part.get_param("smime-type", "")).lower():
        rejected = "signed_whole"
    if rejected:
        return "rejected", rejected
    left_out = _LEFT_OUT.get(kind) or next(
        (rule for suffix, rule in _LEFT_OUT_SUFFIXES.items() if name.endswith(suffix)), None
    )
    if left_out:
        return "left_out", left_out
    if is_text(part):
        return "left_out", "mail_text"
    if part.get_content_maintype() == "image" and content_id(part) in shown:
        return "left_out", "inline_image"
    return None


def is_text(part: Message) -> bool:
    """Whether a part is what the mail itself says."""
    is_attached = part.get_content_disposition() == "attachment" or part.get_param("name") is not None
    return part.get_content_type() in ("text/plain", "text/html") and not (
        is_attached or part.get_param("filename", header="content-disposition") is not None
    )


def content_id(part: Message) -> str | None:
    """By what the text of a mail refers to a part."""
    said = str(part.get("Content-ID") or "").strip().strip("<>")
    return said or None


def referred_to(parts: Iterable[Message]) -> set[str]:
    """The ids of pictures that the HTML of a mail shows within its text."""
    found: set[str] = set()
    for part in parts:
        if part.get_content_type() == "text/html" and is_text(part):
            html = part.get_payload(decode=True)
            text = html.decode("utf-8", "replace") if isinstance(html, bytes) else ""
            found |= {unquote(one) for one in _REFERENCE.findall(text)}
    return found
