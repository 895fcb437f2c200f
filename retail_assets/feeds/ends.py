"""The ends of drops, written: rows, a duplicate or quarantine. When they are written is admission's business.

What a drop became (its state, rows, accounts and facts) changes in the caller's transaction, all at once.
"""

import json
from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert

from retail_assets.feeds.door import Identity, Outcome
from retail_assets.feeds.errors import Unreadable
from retail_assets.feeds.ledger import Drop, pieces, printable, update_drops
from retail_assets.feeds.tables import ACCOUNTS, DUPLICATE, FACTS, LOADED, LOADS, QUARANTINED

MESSAGE_LENGTH = 4_000

End = Outcome | Unreadable | int
"""What a drop became, why it did not, or the drop that it repeats."""


def record_loaded(connection: Connection, drop: Drop, identity: Identity, outcome: Outcome) -> None:
    """The drop became rows; those of an earlier reading of it are no longer its own."""
    _clear(connection, [drop.sequence])
    loads = [{"sequence": drop.sequence, "feed": feed, "rows": rows} for feed, rows in outcome.rows.items()]
    accounts = [
        {
            "sequence": drop.sequence,
            "target": account.target,
            "records": account.records,
            "admitted": account.admitted,
            "sent": account.sent,
            "left_out": account.left_out,
            "duplicate": account.duplicate,
            "rejected": account.rejected,
            "sent_to": json.dumps(account.sent_to, sort_keys=True),
            "by_rule": json.dumps(account.by_rule, sort_keys=True),
        }
        for account in outcome.accounts
    ]
    for table, rows in ((LOADS, loads), (ACCOUNTS, accounts)):
        if rows:
            connection.execute(insert(table), rows)
    update_drops(connection, {drop.sequence: _loaded(identity, outcome)})


def record_duplicate(connection: Connection, drop: Drop, identity: Identity, *, of: int) -> None:
    _clear(connection, [drop.sequence])
    update_drops(connection, {drop.sequence: _duplicate(identity, of)})


def record_quarantined(
    connection: Connection, sequence: int, refusal: Unreadable, identity: Identity | None = None
) -> None:
    _clear(connection, [sequence])
    update_drops(connection, {sequence: _quarantined(refusal, identity)})


def record_many(
    connection: Connection, drops: list[Drop], ends: Mapping[int, tuple[Identity | None, End]]
) -> None:
    """The ends of many drops without rows, by sequence; without an identity only of what cannot be read."""
    rows, facts = {}, {}
    for drop in drops:
        identity, end = ends[drop.sequence]
        if isinstance(end, Unreadable):
            rows[drop.sequence] = _quarantined(end, identity)
            continue
        assert identity is not None
        if isinstance(end, Outcome):
            rows[drop.sequence] = _loaded(identity, end)
            facts[identity.content_key] = json.dumps(end.facts, sort_keys=True)
        else:
            rows[drop.sequence] = _duplicate(identity, end)
    _clear(connection, list(rows))
    update_drops(connection, rows)
    for keys in pieces(list(facts)):
        connection.execute(delete(FACTS).where(FACTS.c.content_key.in_(keys)))
    if facts:
        connection.execute(
            insert(FACTS), [{"content_key": key, "facts": found} for key, found in facts.items()]
        )


def _loaded(identity: Identity, outcome: Outcome) -> dict[str, object]:
    return {
        **_identity(identity),
        "state": LOADED,
        "reason": None,
        "message": None,
        "duplicate_of": None,
        "records": outcome.records,
        "unknown_columns": json.dumps(outcome.unknown_columns),
    }


def _duplicate(identity: Identity, of: int) -> dict[str, object]:
    return {
        **_identity(identity),
        "state": DUPLICATE,
        "reason": "same_content",
        "message": f"The same content came as drop {of}, and nothing newer replaced it. Nothing to do.",
        "duplicate_of": of,
    }


def _quarantined(refusal: Unreadable, identity: Identity | None) -> dict[str, object]:
    return {
        **(_identity(identity) if identity else {}),
        "state": QUARANTINED,
        "reason": refusal.reason,
        "message": printable(refusal.message)[:MESSAGE_LENGTH],
    }


def _identity(identity: Identity) -> dict[str, str]:
    return {
        "source": identity.source,
        "source_version": identity.source_version,
        "name_values": json.dumps(identity.name_values, sort_keys=True),
        "content_key": identity.content_key,
    }


def _clear(connection: Connection, sequences: list[int]) -> None:
    for table in (LOADS, ACCOUNTS):
        for some in pieces(sequences):
            connection.execute(delete(table).where(table.c.sequence.in_(some)))
