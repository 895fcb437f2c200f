"""How mails with invoices come in: an `.eml` in `inbox/invoices`, whose attachments become drops of their own.

Sender, subject and date are kept with the mail; what it says is not. Logos within the text, calendar entries and
signatures are left out and counted, what is locked is rejected by name. A forwarded mail is a mail of its own. Limits
are those of archives. Taking a mail apart happens in a child process.
"""

from functools import cache
from pathlib import Path

from retail_assets.errors import Unreadable
from retail_assets.intake.containers import Contents, keep_rejects, unpacked
from retail_assets.intake.handlers import Container, Handler, Identity, Inbox, Nesting, Unpacked
from retail_assets.intake.hashing import key_of
from retail_assets.intake.ledger_tables import Drop
from retail_assets.invoices.contracts import FOLDER, MAIL, MAIL_VERSION
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.tables import INVOICE_DOCUMENTS
from retail_assets.platform import Platform
from retail_assets.sandbox.answers import found_in
from retail_assets.sandbox.limits import Limits
from retail_assets.sandbox.process import ChildDied, ChildProcess, ChildTimeout

SUFFIX = ".eml"


@cache
def _child() -> ChildProcess:
    """The one child of this process that takes mails apart."""
    return ChildProcess("retail_assets.invoices.mail_worker")


def mail_handler(platform: Platform) -> Handler:
    def unpack(stored: Path, drop: Drop, nesting: Nesting, folder: Path) -> Unpacked:
        contents = unpack_mail(
            stored, modified_ns=drop.modified_ns, nesting=nesting, folder=folder, platform=platform
        )
        keep_rejects(platform.lake, identify_mail(drop).content_key, contents.refused)
        return unpacked(contents, drop, folder)

    return Handler(
        name="invoice_mails",
        description="Mails (.eml) with invoices: what is attached comes in as if it had been dropped itself.",
        inboxes=(Inbox(FOLDER, platform.lake.inbox / FOLDER, levels=1),),
        reader=Container(unpack),
        identify=identify_mail,
        takes=lambda folder, name: folder == FOLDER and is_mail(name),
        starts=lambda _: [f"lake/{INVOICE_DOCUMENTS.name}"],
    )


def is_mail(name: str) -> bool:
    """Whether a file calls itself one."""
    return name.lower().endswith(SUFFIX)


def identify_mail(drop: Drop) -> Identity:
    """The same mail under another name is the same; in another folder its attachments lie in that."""
    folder, _, _ = drop.name.rpartition("/")
    values = {"folder": folder} if folder else {}
    return Identity(MAIL, MAIL_VERSION, values, key_of(MAIL, MAIL_VERSION, drop.sha256, values))


def unpack_mail(
    stored: Path, *, modified_ns: int, nesting: Nesting, folder: Path, platform: Platform
) -> Contents:
    """Take a mail apart into a folder. Raises Unreadable."""
    settings, own = platform.settings, platform.settings_of(InvoiceSettings)
    if nesting.depth >= settings.archive_max_depth:
        raise Unreadable(
            "too_deep",
            f"This mail lies in {nesting.depth} others, or archives; {settings.archive_max_depth} levels are unpacked "
            "(RETAIL_ARCHIVE_MAX_DEPTH). Drop what is in it.",
        )
    if (size := stored.stat().st_size) > own.invoice_max_bytes:
        raise Unreadable(
            "too_large",
            f"The mail has {size:,} bytes; at most {own.invoice_max_bytes:,} are read (RETAIL_INVOICE_MAX_BYTES). Drop "
            "its attachments by themselves.",
        )
    limits = Limits(
        memory_bytes=own.invoice_memory_bytes, file_bytes=own.invoice_max_bytes, seconds=own.invoice_seconds
    )
    request = {
        "path": str(stored.absolute()),
        "modified_ns": modified_ns,
        "out": str(folder.absolute()),
        "max_parts": settings.archive_max_parts,
        "max_bytes": settings.archive_max_bytes,
        "parts_before": nesting.parts,
        "bytes_before": nesting.size,
    }
    try:
        return _child().ask(request, limits, lambda answer: found_in(answer, Contents))
    except ChildTimeout:
        raise Unreadable(
            "timeout",
            f"Reading it takes longer than {limits.seconds:,.0f} s (RETAIL_INVOICE_SECONDS); drop its attachments by "
            "themselves.",
        ) from None
    except ChildDied as death:
        raise Unreadable(
            "reader_died",
            f"The process that read it ended ({death}); drop its attachments by themselves.",
        ) from None
