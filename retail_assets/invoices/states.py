"""In which state an invoice is: folded from what was read of its document and from the log of decisions.

The models fold in the same way (int_invoice_states); this is for judging decisions.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import polars as pl
from sqlalchemy import Connection, select

from retail_assets.intake.ledger import find_drops, pieces
from retail_assets.intake.ledger_tables import DECISIONS, LOADED, Drop
from retail_assets.invoices.contracts import DOCUMENT
from retail_assets.invoices.review import FAILED, PREVIEW, PROCESSING, RECEIVED, RETRY, REVIEW
from retail_assets.invoices.tables import INVOICE_EXTRACTIONS, INVOICE_TEXT
from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake

_NAMED = "^[1-9][0-9]{0,17}-1$"
"""A document is one invoice."""
_READ = ("invoice_id", "sequence", "status", "answers_entry", "superseded_by")
_SCHEMA = dict.fromkeys(["subject", "state", "label", "refusal"], pl.String)


class Read(NamedTuple):
    """What is known of an invoice's document."""

    status: str
    answers_entry: int | None
    superseded_by: str | None


class Decided(NamedTuple):
    """The last decision about an invoice."""

    entry: int
    verdict: str
    state_after: str


def state_of(read: Read | None, decided: Decided | None, *, has_text: bool) -> str:
    """The state of an invoice whose document counts."""
    if decided is not None and decided.verdict != RETRY:
        return decided.state_after
    if decided is not None and (read is None or (read.answers_entry or 0) < decided.entry):
        return RECEIVED
    if read is None:
        return PROCESSING if has_text else RECEIVED
    return FAILED if read.status == "failed" else PREVIEW


def invoice_states(connection: Connection, lake: Lake, subjects: pl.Series) -> pl.DataFrame:
    """The state of each invoice that is asked for; see `Subject.states`."""
    is_named = subjects.str.contains(_NAMED)
    named = {one: int(one.partition("-")[0]) for one in subjects.filter(is_named)}
    drops = {drop.sequence: drop for drop in find_drops(connection, sorted(set(named.values())))}
    read, texts, decided = (
        _read(lake, named.values()),
        _texts(lake, named.values()),
        _decided(connection, named),
    )
    rows: list[tuple[Any, ...]] = [
        (
            one,
            None,
            None,
            f"An invoice is named by file and place, as 17-1 in the mart invoices; found {one[:40]!r}.",
        )
        for one in subjects.filter(~is_named)
    ]
    for subject, sequence in named.items():
        drop, found = drops.get(sequence), read.get(subject)
        refusal = _refusal(sequence, drop, found)
        state = None if refusal else state_of(found, decided.get(subject), has_text=sequence in texts)
        rows.append((subject, state, f"{subject} ({drop.name})" if drop else None, refusal))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _refusal(sequence: int, drop: Drop | None, read: Read | None) -> str | None:
    if drop is None:
        return f"There is no file with sequence number {sequence}."
    if drop.source != DOCUMENT:
        return f"File {sequence} ({drop.folder}/{drop.name}) is no document of an invoice."
    if drop.state != LOADED:
        return f"File {sequence} ({drop.name}) does not count: it is {drop.state}."
    if read is not None and read.superseded_by is not None:
        return f"{sequence}-1 is the same invoice as {read.superseded_by} of the same mail: decide about that one."
    return None


def _read(lake: Lake, sequences: Iterable[int]) -> dict[str, Read]:
    rows = _of(lake, INVOICE_EXTRACTIONS, sequences, _READ)
    return {invoice: Read(*rest) for invoice, _, *rest in rows.iter_rows()}


def _texts(lake: Lake, sequences: Iterable[int]) -> set[int]:
    return set(_of(lake, INVOICE_TEXT, sequences, ("sequence",))["sequence"])


def _of(lake: Lake, table: LakeTable, sequences: Iterable[int], columns: Sequence[str]) -> pl.DataFrame:
    """Of all nights' rows of a table those of some drops."""
    wanted = pl.LazyFrame({"sequence": sorted(set(sequences))}, schema={"sequence": pl.Int64})
    return table.scan(lake, columns).join(wanted, on="sequence", how="semi").collect()


def _decided(connection: Connection, subjects: Collection[str]) -> dict[str, Decided]:
    found: dict[str, Decided] = {}
    for some in pieces(list(subjects)):
        columns = (DECISIONS.c.subject, DECISIONS.c.entry, DECISIONS.c.verdict, DECISIONS.c.state_after)
        accepted = (DECISIONS.c.kind == REVIEW, DECISIONS.c.subject.in_(some), DECISIONS.c.accepted)
        for subject, *rest in connection.execute(
            select(*columns).where(*accepted).order_by(DECISIONS.c.entry)
        ):
            found[subject] = Decided(*rest)
    return found
