"""How documents of return cases come in: `inbox/returns/CASE/evidence` for what customers show, `…/response` for what
merchants answer. A document is kept as it is and never decoded; its first bytes say what it is.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from retail_assets.errors import Unreadable
from retail_assets.intake.handlers import Batch, Handler, Identity, Inbox, Outcome
from retail_assets.intake.hashing import key_of
from retail_assets.intake.ledger_tables import Drop
from retail_assets.platform import Platform
from retail_assets.returns.rules import EVIDENCE_KINDS

FOLDER = "returns"
DOCUMENT, VERSION = "return-document", "1"
"""What the ledger calls them, for the name of a source mapping."""

_HEAD_BYTES = 4_096
_TYPES = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (0, b"GIF8", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"BM", "image/bmp"),
    (0, b"%PDF-", "application/pdf"),
)
"""Place and bytes that tell a type."""
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS = re.compile(rb"[^\t\n\f\r\x20-\x7e\x80-\xff]")


def evidence_handler(platform: Platform) -> Handler:
    return Handler(
        name="return_documents",
        description="Documents of return cases, in CASE/evidence (of the customer) or CASE/response (of the merchant).",
        inboxes=(Inbox(FOLDER, platform.lake.inbox / FOLDER, levels=2),),
        reader=Batch(_load),
        identify=identify_document,
        starts=lambda _: ["feeds/return_cases"],
    )


def identify_document(drop: Drop) -> Identity:
    """A document belongs to the case of its folder. Raises Unreadable for one that lies elsewhere."""
    case_id, _, rest = drop.name.partition("/")
    kind, _, name = rest.partition("/")
    if kind not in EVIDENCE_KINDS or not name or not case_id.strip():
        raise Unreadable(
            "no_case_folder",
            f"A document in CASE/{' or CASE/'.join(EVIDENCE_KINDS)} was expected; this one lies at {drop.name}. Drop "
            "it into a folder that is called like its return case.",
        )
    values = {"case_id": case_id, "kind": kind}
    key = key_of(drop.sha256, sorted(values.items()), DOCUMENT, VERSION)
    return Identity(DOCUMENT, VERSION, values, key)


def _load(paths: Sequence[Path]) -> Iterator[Outcome | Unreadable]:
    for path in paths:
        with path.open("rb") as file:
            found = media_type(file.read(_HEAD_BYTES))
        yield (
            Outcome(metadata={"type": found})
            if found
            else Unreadable(
                "not_a_document",
                "A photo (JPEG, PNG, WebP, HEIC, AVIF, GIF, TIFF, BMP), PDF or text was expected, and this is none.",
            )
        )


def media_type(head: bytes) -> str | None:
    """The media type of a document that begins with these bytes; None for what is no document, or empty."""
    for place, mark, found in _TYPES:
        if head.startswith(mark, place):
            return found
    return "text/plain" if is_text(head) else None


def is_text(head: bytes) -> bool:
    """Whatever its encoding: only UTF-16 has control characters, and says so at its beginning."""
    return head.startswith(UTF_16) or bool(head.strip() and not _CONTROLS.search(head))
