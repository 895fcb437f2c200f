"""The decisions about dropped files: read it again, or take its rows out of the marts.

The subject is the drop's sequence number, as in the mart input_files. A hash would not do: the same content
may have come several times, and when one is withdrawn, the next that repeats it counts instead. What is decided about
an archive is decided about all that came in it; one of which a part is released is loaded, in part.
"""

from collections import defaultdict

import polars as pl
from sqlalchemy import Connection

from retail_assets.decisions.kinds import ADMINISTRATOR, OPERATIONS, Kind, Subject
from retail_assets.intake.duplicates import judge_duplicates_of
from retail_assets.intake.handlers import DECISIONS as DECISIONS_FOLDER
from retail_assets.intake.ledger import containers_of, drops_with_parts, find_drops, record_states
from retail_assets.intake.ledger_tables import (
    CLAIMED,
    DUPLICATE,
    LOADED,
    QUARANTINED,
    STORED,
    WITHDRAWN,
    Drop,
)

MAY_DECIDE = frozenset({ADMINISTRATOR, OPERATIONS})

LOGGED = "part of the ever-growing log"
"""The state of a loaded file of decisions: to take one back is to decide the opposite."""


def drops_named(connection: Connection, subjects: pl.Series) -> tuple[dict[str, Drop], pl.DataFrame]:
    """The drops that subjects name, and a table of the subjects that name none, with the sentence why."""
    # As the ledger writes it, and no longer than what the database takes for a number.
    is_number = subjects.str.contains("^[1-9][0-9]{0,17}$")
    numbers = [int(subject) for subject in subjects.filter(is_number)]
    found = {str(drop.sequence): drop for drop in find_drops(connection, numbers)}
    refusals = [
        (
            subject,
            f"There is no file with sequence number {subject}."
            if number
            else f"The subject must be the file's sequence number, as in input_files; found {subject[:40]!r}.",
        )
        for subject, number in zip(subjects, is_number, strict=True)
        if subject not in found
    ]
    return found, pl.DataFrame(refusals, schema={"subject": pl.String, "refusal": pl.String}, orient="row")


def _states(connection: Connection, subjects: pl.Series) -> pl.DataFrame:
    found, refused = drops_named(connection, subjects)
    rows = [
        (subject, _state(drop), f"{drop.sequence} ({drop.folder}/{drop.name})", None)
        for subject, drop in found.items()
    ]
    schema = {"subject": pl.String, "state": pl.String, "label": pl.String, "refusal": pl.String}
    states = pl.DataFrame(rows, schema=schema, orient="row")
    return pl.concat([states, refused], how="diagonal")


def _state(drop: Drop) -> str:
    return LOGGED if drop.folder == DECISIONS_FOLDER and drop.state == LOADED else drop.state


def _apply(connection: Connection, accepted: pl.DataFrame) -> dict[str, str]:
    """Drops keep their place in the order; the next step of admission reads them under today's mapping."""
    drops = drops_with_parts(connection, accepted["subject"].unique().cast(pl.Int64).to_list())
    parts: dict[int | None, list[Drop]] = defaultdict(list)
    for drop in drops.values():
        parts[drop.parent].append(drop)
    drops |= containers_of(connection, drops)
    now = {sequence: _state(drop) for sequence, drop in drops.items()}

    def move(kind: Kind, drop: Drop) -> None:
        """Change the state of a drop, and of what came in it."""
        inner, after = parts.get(drop.sequence, ()), kind.transitions[None]
        if inner:
            now[drop.sequence] = WITHDRAWN if kind is WITHDRAW else LOADED
        elif now[drop.sequence] in after:
            now[drop.sequence] = _as_far_as_it_came(drop, after[now[drop.sequence]])
        for part in inner:
            move(kind, part)

    def count_in_part(part: Drop) -> None:
        """What a released part came in counts again, in part, and can be withdrawn whole again."""
        outer = drops.get(part.parent or 0)
        if outer is not None and now[outer.sequence] == WITHDRAWN:
            now[outer.sequence] = LOADED
            count_in_part(outer)

    refused: dict[str, str] = {}
    for decision_id, kind_name, subject in accepted.select("decision_id", "kind", "subject").iter_rows():
        kind, drop = KINDS_BY_NAME[kind_name], drops[int(subject)]
        why = kind.refusal(before=now[drop.sequence], subject=subject, verdict=None)
        if why is None:
            move(kind, drop)
            if kind is RELEASE:
                count_in_part(drop)
        else:  # one before it was about the archive that it came in
            refused[decision_id] = why
    changed = {sequence: state for sequence, state in now.items() if state != _state(drops[sequence])}
    record_states(connection, changed, asked_for=True)
    judge_duplicates_of(connection, [n for n, state in changed.items() if state == WITHDRAWN])
    return refused


def _as_far_as_it_came(drop: Drop, state: str) -> str:
    """What was set aside unread is looked at again from the start."""
    return CLAIMED if state == STORED and drop.sha256 is None else state


FILE = Subject(
    "file",
    _states,
    _apply,
    described="Sequence number of the file, as in the mart input_files (17).",
)

RELEASE = Kind(
    name="release_file",
    about=FILE,
    description="Read a file again that is in quarantine, was withdrawn, or was taken for a duplicate.",
    roles=MAY_DECIDE,
    transitions={None: {QUARANTINED: STORED, WITHDRAWN: STORED, DUPLICATE: STORED}},
    effect="File {label} is read again.",
    example={"subject": "17", "reason": "The mapping is mended."},
)
RELOAD = Kind(
    name="reload_file",
    about=FILE,
    description="Read a loaded file again, under today's mapping and contracts.",
    roles=MAY_DECIDE,
    transitions={None: {LOADED: STORED, LOGGED: STORED}},
    effect="File {label} is read again.",
    example={"subject": "17", "reason": "The mapping took the wrong price."},
)
WITHDRAW = Kind(
    name="withdraw_file",
    about=FILE,
    description="Take a file's rows out of the marts; its bytes stay. From quarantine: close the case. What a file of "
    "decisions says stays decided: decide the opposite.",
    roles=MAY_DECIDE,
    transitions={None: {LOADED: WITHDRAWN, QUARANTINED: WITHDRAWN, DUPLICATE: WITHDRAWN}},
    effect="The rows of file {label} leave the marts; its bytes stay.",
    example={"subject": "17", "reason": "The till was in training mode."},
)
KINDS = (RELEASE, RELOAD, WITHDRAW)
KINDS_BY_NAME = {kind.name: kind for kind in KINDS}


def decision_kinds(_: object) -> list[Kind]:
    """The kinds that the flow `intake` brings."""
    return list(KINDS)
