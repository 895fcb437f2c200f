"""The process that takes mails apart. `mails` is its other side.

Mails are as their senders' programs made them: headers that lie about their encoding, attachments without a name, whole
mails in base64. What cannot be understood is taken as it is or told of, never dropped without a word.
"""

import base64
import mimetypes
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from pathlib import Path, PurePosixPath

from retail_assets.errors import Unreadable
from retail_assets.invoices.mail_parts import end_of, referred_to
from retail_assets.names import printable
from retail_assets.sandbox.answers import answer_with
from retail_assets.sandbox.serving import serve

TOO_LARGE = "Reading it takes more memory than one mail may have; drop its attachments by themselves."
FAILED = Unreadable(
    "broken_mail", "A mail was expected, but reading it failed ({cause}); drop its attachments by themselves."
)
LONGEST_HEADER, LONGEST_NAME = 500, 150
FIRST_YEAR, LAST_YEAR = 1990, 2100
MAIL = ".eml"


@dataclass
class _Found:
    """What was taken out of a mail so far."""

    out: Path
    bytes_left: int
    parts: list[tuple[str, int]] = field(default_factory=list)
    by_rule: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[int, str, str]] = field(default_factory=list)


def _answer(request: dict) -> dict:
    """The attachments, which lie in `out` under their place in this list, and what else is known of the mail."""
    return answer_with(lambda: _taken_apart(request), too_large=TOO_LARGE, failed=FAILED)


def _taken_apart(request: dict) -> dict:
    mail = _parsed(Path(request["path"]).read_bytes())
    metadata = _metadata(mail)
    sent_at = metadata.get("sent_at")
    modified_ns = (
        int(datetime.fromisoformat(sent_at).timestamp()) * 10**9 if sent_at else request["modified_ns"]
    )
    leaves = list(_leaves(mail))
    if request["parts_before"] + len(leaves) > request["max_parts"]:
        raise Unreadable(
            "too_many_files",
            f"With its {len(leaves):,} parts more than the {request['max_parts']:,} come in one mail that are allowed "
            "(RETAIL_ARCHIVE_MAX_PARTS). Drop what is in it.",
        )
    shown = referred_to(leaves)
    found = _Found(Path(request["out"]), request["max_bytes"] - request["bytes_before"])
    for number, leaf in enumerate(leaves, start=1):
        _take(leaf, number, shown, found, modified_ns, request["max_bytes"])
    if not found.parts:
        raise _nothing_attached(found)
    return {
        "parts": found.parts,
        "by_rule": dict(found.by_rule),
        "refused": found.refused,
        "metadata": metadata,
    }


def _parsed(content: bytes) -> Message:
    """The mail. Raises Unreadable for what is none."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            "not_a_mail",
            "This is a mail as Outlook keeps it (.msg), whatever its name says. Save it as .eml, or drop its "
            "attachments by themselves.",
        )
    mail = BytesParser(policy=policy.default).parsebytes(content)
    if not {"from", "date", "subject", "content-type"} & {name.lower() for name in mail}:
        raise Unreadable(
            "not_a_mail",
            "A mail was expected, but it has none of a mail's headers. Give it the ending of what it is.",
        )
    return mail


def _nothing_attached(found: _Found) -> Unreadable:
    if found.refused:
        named = ", ".join(f"{printable(name)} ({rule})" for _, rule, name in found.refused[:5])
        return Unreadable(
            "no_readable_attachment",
            f"Nothing that is attached can be read: {named}. Ask the sender for a PDF or an e-invoice, or drop what "
            "you can open.",
        )
    return Unreadable(
        "no_attachment",
        "Nothing is attached to this mail; an invoice in its text is not read. Print it as a PDF and drop that.",
    )


def _leaves(mail: Message) -> Iterator[Message]:
    """The parts of a mail in order; a forwarded mail is one part."""
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        inner = part.get_payload()
        is_whole = part.get_content_maintype() == "message" or not isinstance(inner, list)
        if is_whole or end_of(part, "") is not None:
            yield part
        else:
            waiting += [one for one in reversed(inner) if isinstance(one, Message)]


def _take(
    part: Message, number: int, shown: set[str], found: _Found, modified_ns: int, max_bytes: int
) -> None:
    name = _name(part, number)
    end = end_of(part, name, shown)
    content = _content(part) if end is None else b""
    if end is None and not content:
        end = ("rejected", "empty")
    if end is not None:
        found.by_rule["/".join(end)] += 1
        if end[0] == "rejected":
            found.refused.append((number, end[1], name))
        return
    found.bytes_left -= len(content)
    if found.bytes_left < 0:
        raise Unreadable(
            "too_large",
            f"Its attachments have more than the {max_bytes:,} bytes that are allowed (RETAIL_ARCHIVE_MAX_BYTES). Drop "
            "them by themselves.",
        )
    (found.out / str(len(found.parts))).write_bytes(content)
    found.parts.append((name, modified_ns))


def _content(part: Message) -> bytes:
    """The bytes of an attachment; of a forwarded mail the mail."""
    if part.get_content_type() != "message/rfc822":
        content = part.get_payload(decode=True)
        return content if isinstance(content, bytes) else b""
    inner = _forwarded(part)
    if inner is None:
        return b""
    said = inner.get_payload()
    if (
        not inner.keys()
        and isinstance(said, str)
        and str(part.get("Content-Transfer-Encoding", "")).lower() == "base64"
    ):
        return base64.b64decode(said)  # not allowed for mails, and done
    try:
        return inner.as_bytes()
    except (MessageError, LookupError, ValueError, AttributeError, TypeError, IndexError):
        # Headers that cannot be written again; those that count here are few.
        return inner.as_bytes(policy=policy.compat32)


def _forwarded(part: Message) -> Message | None:
    inner = part.get_payload()
    return next((one for one in inner if isinstance(one, Message)), None) if isinstance(inner, list) else None


def _name(part: Message, number: int) -> str:
    """What an attachment is called, as a name that leads nowhere and that any screen takes."""
    try:
        said = part.get_filename() or ""
    except (ValueError, LookupError, IndexError, TypeError, AttributeError):
        said = ""
    kind = part.get_content_type()
    if not said and kind == "message/rfc822" and (inner := _forwarded(part)) is not None:
        said = _header(inner, "subject").replace("/", " ")
    said = "".join(c if c.isprintable() and not 0xD800 <= ord(c) < 0xE000 else " " for c in said)
    name = PurePosixPath(said.replace("\\", "/")).name.strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 8:
        stem, suffix = name, ""
    if kind == "message/rfc822":
        stem, suffix = (name, MAIL[1:]) if not name.lower().endswith(MAIL) else (stem, suffix)
    if not suffix:
        suffix = (mimetypes.guess_extension(kind) or "").removeprefix(".")
    stem = stem[:LONGEST_NAME] or f"attachment-{number}"
    return f"{stem}.{suffix}" if suffix else stem


def _metadata(mail: Message) -> dict[str, str]:
    """Who sent it, about what and when, as far as it says so."""
    said = {"sender": _header(mail, "from"), "subject": _header(mail, "subject"), "sent_at": _sent_at(mail)}
    return {name: value for name, value in said.items() if value}


def _header(mail: Message, name: str) -> str:
    """A header as text; where the standard library cannot make sense of one, as it is written."""
    try:
        text = str(mail.get(name) or "")
    except Exception:  # parsing a hostile address raises whatever it likes
        text = next((str(value) for key, value in mail.raw_items() if key.lower() == name), "")
        with suppress(ValueError, LookupError, MessageError):
            text = str(make_header(decode_header(text)))
    return printable(" ".join(text.split()))[:LONGEST_HEADER]


def _sent_at(mail: Message) -> str:
    try:
        moment = getattr(mail.get("date"), "datetime", None)
    except Exception:  # as above
        return ""
    if moment is None or not FIRST_YEAR <= moment.year < LAST_YEAR:
        return ""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat()


if __name__ == "__main__":
    serve(_answer)
