"""Deciding without a file at hand: what the decision job of the UI calls.

The decision is dropped into the decisions inbox and admitted at once, so that it comes into the same log by
the same way, and what it releases is read in the same run.
"""

import json
import uuid
from datetime import date, datetime

from sqlalchemy import select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.feeds.admission import DECISIONS as FOLDER
from retail_assets.feeds.admission import admit
from retail_assets.feeds.decisions.kinds import Decision
from retail_assets.feeds.decisions.log import Entry
from retail_assets.feeds.door import Door
from retail_assets.feeds.settling import DONE
from retail_assets.feeds.tables import DECISIONS
from retail_assets.lake import Lake


def decide(
    *,
    settings: Settings,
    as_of: date,
    decision_id: str,
    at: datetime,
    actor: str,
    kind: str,
    subject: str,
    verdict: str | None = None,
    reason: str | None = None,
    payload: str | None = None,
    door: Door | None = None,
) -> Entry:
    """Take one decision; the entry says whether it was accepted, and why not.

    Waits for an admission that is running. Deciding again under the same id changes nothing.
    """
    decision = Decision(decision_id, at, actor, kind, subject, verdict, reason, payload)
    inbox = Lake(settings.data_dir).feed_inbox(FOLDER)
    inbox.mkdir(parents=True, exist_ok=True)
    name = f"decided-{uuid.uuid4().hex}.json"
    hidden = inbox / f".{name}"
    record = {column: value for column, value in vars(decision).items() if value is not None}
    hidden.write_text(json.dumps([record | {"at": decision.at.isoformat()}]), encoding="utf-8")
    hidden.rename(inbox / name)
    (inbox / (name + DONE)).touch()
    admit(settings=settings, as_of=as_of, folders=[FOLDER], door=door)
    return _entry(settings, decision)


def _entry(settings: Settings, decision: Decision) -> Entry:
    query = select(DECISIONS).where(DECISIONS.c.decision_id == decision.decision_id)
    with platform_engine(settings) as engine, reading(engine) as connection:
        row = connection.execute(query.order_by(DECISIONS.c.entry.desc()).limit(1)).one_or_none()
    if row is None:
        return Entry(decision, accepted=False, message="It did not come in; see rejected_rows.")
    return Entry(decision, accepted=row.accepted, message=row.message, state_after=row.state_after)
