"""Deciding without a file at hand: what the decision jobs of the UI call, and what the platform decides itself.

What a person decides is dropped into the decisions inbox and admitted at once, so that it comes into the same log
by the same way, and what it releases is read in the same run.
"""

import io
import json
import uuid
from dataclasses import dataclass, replace
from datetime import date

import polars as pl
from sqlalchemy import select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.decisions.kinds import AUTO, Decision
from retail_assets.intake.admission import admit
from retail_assets.intake.claims import put_own
from retail_assets.intake.handlers import DECISIONS as FOLDER
from retail_assets.intake.handlers import Handlers
from retail_assets.intake.ledger_tables import DECISIONS
from retail_assets.intake.settling import DONE
from retail_assets.lake import Lake, file_lock


@dataclass(frozen=True)
class Entry:
    """A decision in the log, with its outcome."""

    decision: Decision
    accepted: bool
    message: str
    state_after: str | None = None
    also: tuple[str, ...] = ()
    """What else came of it, as lines: files that count instead, say."""


def decide(*, settings: Settings, handlers: Handlers, as_of: date, decision: Decision) -> Entry:
    """Take one decision; the entry says whether it was accepted, and why not.

    Waits for an admission that is running. Deciding again under the same id changes nothing.
    """
    inbox = handlers.inboxes[FOLDER].path
    inbox.mkdir(parents=True, exist_ok=True)
    name = f"decided-{uuid.uuid4().hex}.json"
    hidden = inbox / f".{name}"
    record = {column: value for column, value in vars(decision).items() if value is not None}
    hidden.write_text(json.dumps([record | {"at": decision.at.isoformat()}]), encoding="utf-8")
    hidden.rename(inbox / name)
    (inbox / (name + DONE)).touch()
    report = admit(settings=settings, handlers=handlers, as_of=as_of, folders=[FOLDER])
    also = [line for line in report.notes if not line.startswith("Decision ")]
    return replace(_entry(settings, decision), also=tuple(also))


def decide_automatically(
    *, settings: Settings, handlers: Handlers, as_of: date, decisions: pl.DataFrame
) -> None:
    """Record what the platform itself decides (columns of Decision without `actor`), as the actor `auto`.

    Decisions whose ids the log has already change nothing, so a run that was killed does it again.
    """
    lake = Lake(settings.data_dir)
    buffer = io.BytesIO()
    decisions.with_columns(actor=pl.lit(AUTO)).write_parquet(buffer)
    with file_lock(lake.lock_file("admission")):
        put_own(lake=lake, folder=FOLDER, name="automatic.parquet", content=buffer.getvalue(), as_of=as_of)
    admit(settings=settings, handlers=handlers, as_of=as_of, folders=[FOLDER])


def _entry(settings: Settings, decision: Decision) -> Entry:
    query = select(DECISIONS).where(DECISIONS.c.decision_id == decision.decision_id)
    with platform_engine(settings) as engine, reading(engine) as connection:
        row = connection.execute(query.order_by(DECISIONS.c.entry.desc()).limit(1)).one_or_none()
    if row is None:
        return Entry(decision, accepted=False, message="It did not come in; see rejected_rows.")
    return Entry(decision, accepted=row.accepted, message=row.message, state_after=row.state_after)
