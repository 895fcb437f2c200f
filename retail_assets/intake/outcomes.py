"""What drops became, written into the ledger: rows, a duplicate, or a case for quarantine.

When it is written is admission's business. State, rows, counts and metadata of a drop change in the caller's
transaction, all at once; what is returned is the drop as it is then.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, insert

from retail_assets.errors import Unreadable
from retail_assets.intake.duplicates import judge_duplicates_of
from retail_assets.intake.handlers import Identity, Outcome
from retail_assets.intake.ledger import pieces, update_drops
from retail_assets.intake.ledger_tables import (
    CONTENT_METADATA,
    DUPLICATE,
    FILE_HASHES,
    LOADED,
    LOADS,
    QUARANTINED,
    ROW_COUNTS,
    Drop,
)
from retail_assets.intake.row_counts import RowCounts
from retail_assets.names import printable

MESSAGE_LENGTH = 4_000

Result = Outcome | Unreadable | int
"""What a drop became, why it did not, or the drop that it repeats."""


def record_loaded(connection: Connection, loaded: Sequence[tuple[Drop, Identity, Outcome]]) -> list[Drop]:
    """Drops became rows; those of an earlier reading of them are no longer their own."""
    _clear(connection, [drop.sequence for drop, _, _ in loaded])
    loads, counts, metadata, files = [], [], {}, {}
    for drop, identity, outcome in loaded:
        number = {"sequence": drop.sequence}
        loads += [{**number, "feed": feed, "rows": rows} for feed, rows in outcome.rows.items()]
        counts += [{**number, **_counts(target)} for target in outcome.counts]
        if outcome.metadata:
            metadata[identity.content_key] = outcome.metadata
        files.update(outcome.files)
    for table, rows in ((LOADS, loads), (ROW_COUNTS, counts)):
        if rows:
            connection.execute(insert(table), rows)
    _keep_metadata(connection, metadata)
    _keep_hashes(connection, files)
    values = {drop.sequence: _loaded(identity, outcome) for drop, identity, outcome in loaded}
    update_drops(connection, values)
    return [replace(drop, **values[drop.sequence]) for drop, _, _ in loaded]


def record_duplicate(connection: Connection, drop: Drop, identity: Identity, *, of: int) -> Drop:
    _clear(connection, [drop.sequence])
    return _update(connection, drop, _duplicate(identity, of))


def record_quarantined(
    connection: Connection, drop: Drop, refusal: Unreadable, identity: Identity | None = None
) -> Drop:
    _clear(connection, [drop.sequence])
    judge_duplicates_of(connection, [drop.sequence])
    return _update(connection, drop, _quarantined(refusal, identity))


def record_batch(
    connection: Connection, drops: Sequence[Drop], results: Mapping[int, tuple[Identity | None, Result]]
) -> list[Drop]:
    """Many drops without rows, by sequence; without an identity only what cannot be read."""
    rows: dict[int, dict[str, Any]] = {}
    metadata = {}
    for drop in drops:
        identity, result = results[drop.sequence]
        if isinstance(result, Unreadable):
            rows[drop.sequence] = _quarantined(result, identity)
            continue
        assert identity is not None
        if isinstance(result, Outcome):
            rows[drop.sequence] = _loaded(identity, result)
            metadata[identity.content_key] = result.metadata
        else:
            rows[drop.sequence] = _duplicate(identity, result)
    _clear(connection, list(rows))
    update_drops(connection, rows)
    _keep_metadata(connection, metadata)
    judge_duplicates_of(connection, [n for n, values in rows.items() if values["state"] == QUARANTINED])
    return [replace(drop, **rows[drop.sequence]) for drop in drops]


def _keep_metadata(connection: Connection, metadata: Mapping[str, Mapping[str, str | int]]) -> None:
    """Of contents by their keys."""
    for keys in pieces(list(metadata)):
        connection.execute(delete(CONTENT_METADATA).where(CONTENT_METADATA.c.content_key.in_(keys)))
    if metadata:
        found = [
            {"content_key": key, "metadata": json.dumps(what, sort_keys=True)}
            for key, what in metadata.items()
        ]
        connection.execute(insert(CONTENT_METADATA), found)


def _keep_hashes(connection: Connection, files: Mapping[str, str]) -> None:
    """Of files by their paths; one that was written again has the hash that it has now."""
    for paths in pieces(list(files)):
        connection.execute(delete(FILE_HASHES).where(FILE_HASHES.c.path.in_(paths)))
    if files:
        rows = [{"path": path, "sha256": sha256} for path, sha256 in files.items()]
        connection.execute(insert(FILE_HASHES), rows)


def _update(connection: Connection, drop: Drop, values: dict[str, Any]) -> Drop:
    update_drops(connection, {drop.sequence: values})
    return replace(drop, **values)


def _counts(counts: RowCounts) -> dict[str, object]:
    as_text = {
        "routed_to": json.dumps(counts.routed_to, sort_keys=True),
        "by_rule": json.dumps(counts.by_rule, sort_keys=True),
    }
    return vars(counts) | as_text


def _loaded(identity: Identity, outcome: Outcome) -> dict[str, Any]:
    return {
        **_identity(identity),
        "state": LOADED,
        "reason": None,
        "message": None,
        "duplicate_of": None,
        "records": outcome.records,
        # As they are: an address in them is no longer known by its escapes.
        "unknown_columns": json.dumps(outcome.unknown_columns, ensure_ascii=False),
        "encoding_doubt": outcome.encoding_doubt,
    }


def _duplicate(identity: Identity, of: int) -> dict[str, Any]:
    return {
        **_identity(identity),
        "state": DUPLICATE,
        "reason": "same_content",
        "message": f"The same content came as drop {of}, and nothing newer replaced it. Nothing to do.",
        "duplicate_of": of,
    }


def _quarantined(refusal: Unreadable, identity: Identity | None) -> dict[str, Any]:
    return {
        **(_identity(identity) if identity else {}),
        "state": QUARANTINED,
        "reason": refusal.reason,
        "message": printable(refusal.message)[:MESSAGE_LENGTH],
        "duplicate_of": None,
    }


def _identity(identity: Identity) -> dict[str, str]:
    return {
        "source": identity.source,
        "source_version": identity.source_version,
        "name_values": json.dumps(identity.name_values, sort_keys=True),
        "content_key": identity.content_key,
    }


def _clear(connection: Connection, sequences: list[int]) -> None:
    for table in (LOADS, ROW_COUNTS):
        for some in pieces(sequences):
            connection.execute(delete(table).where(table.c.sequence.in_(some)))
