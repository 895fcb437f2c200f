"""The decisions about dropped files: read it again, or take its rows out of the marts.

The subject is the drop's sequence number, as in the mart input_files. A hash would not do: the same content
may have come several times.
"""

from sqlalchemy import Connection

from retail_assets.feeds.decisions.kinds import Decision, Kind, Refused
from retail_assets.feeds.ledger import Drop, find_drop, record_state
from retail_assets.feeds.tables import CLAIMED, DUPLICATE, LOADED, QUARANTINED, STORED, WITHDRAWN

MAY_DECIDE = frozenset({"administrator", "operations"})
ABOUT = "file"


def drop_of(connection: Connection, subject: str) -> Drop:
    """The drop that a subject names; raises Refused."""
    # As the ledger writes it, and no longer than what the database takes for a number.
    if not (subject.isascii() and subject.isdigit() and len(subject) < 19 and subject[0] != "0"):
        raise Refused(
            f"The subject must be the file's sequence number, as in input_files; found {subject[:40]!r}."
        )
    drop = find_drop(connection, int(subject))
    if drop is None:
        raise Refused(f"There is no file with sequence number {subject}.")
    return drop


def _state(connection: Connection, subject: str) -> str:
    return drop_of(connection, subject).state


def _read_again(connection: Connection, decision: Decision, after: str) -> str:
    """The drop keeps its place in the order; the next step of admission reads it under today's mapping."""
    drop = drop_of(connection, decision.subject)
    # What was set aside unread is looked at again from the start.
    record_state(connection, drop.sequence, after if drop.sha256 else CLAIMED)
    return f"File {drop.sequence} ({drop.folder}/{drop.name}) is read again."


def _withdraw(connection: Connection, decision: Decision, after: str) -> str:
    drop = drop_of(connection, decision.subject)
    if drop.folder == "decisions":
        raise Refused("A file of decisions cannot be withdrawn: the log only grows. Decide the opposite.")
    record_state(connection, drop.sequence, after)
    return f"The rows of file {drop.sequence} ({drop.folder}/{drop.name}) leave the marts; its bytes stay."


KINDS = [
    Kind(
        name="release_file",
        about=ABOUT,
        description="Read a file again that is in quarantine, was withdrawn, or was taken for a duplicate.",
        roles=MAY_DECIDE,
        transitions={None: {QUARANTINED: STORED, WITHDRAWN: STORED, DUPLICATE: STORED}},
        state=_state,
        effect=_read_again,
    ),
    Kind(
        name="reload_file",
        about=ABOUT,
        description="Read a loaded file again, under today's mapping and contracts.",
        roles=MAY_DECIDE,
        transitions={None: {LOADED: STORED}},
        state=_state,
        effect=_read_again,
    ),
    Kind(
        name="withdraw_file",
        about=ABOUT,
        description="Take a file's rows out of the marts; its bytes stay. From quarantine: close the case.",
        roles=MAY_DECIDE,
        transitions={None: {LOADED: WITHDRAWN, QUARANTINED: WITHDRAWN, DUPLICATE: WITHDRAWN}},
        state=_state,
        effect=_withdraw,
    ),
]
