"""Nights that are taken back: those that ran with a wrong clock, say."""

from datetime import date

from sqlalchemy import Connection, delete, func, select, update

from retail_assets.intake.ledger import note_change
from retail_assets.intake.ledger_tables import DROPS, NIGHT_RUNS


def nights_after(connection: Connection, day: date = date.min) -> list[date]:
    """Nights after a day that ran or took drops, in order."""
    ran = select(NIGHT_RUNS.c.as_of).where(NIGHT_RUNS.c.as_of > day)
    taken = select(DROPS.c.partition).where(DROPS.c.partition > day)
    return sorted(connection.scalars(ran.union(taken)))


def retract_nights(connection: Connection, night: date, *, first: date) -> date | None:
    """Take back a night and all after it. Their drops belong to the newest night that ran before, or to `first` where
    none did: that night is given. None, and nothing changes, where `first` is not before either."""
    ran_before = select(func.max(NIGHT_RUNS.c.as_of)).where(NIGHT_RUNS.c.as_of < night)
    newest = connection.scalar(ran_before) or first
    if newest >= night:
        return None
    connection.execute(delete(NIGHT_RUNS).where(NIGHT_RUNS.c.as_of >= night))
    of_night = DROPS.c.partition >= night
    note_change(connection, "drops", connection.scalars(select(DROPS.c.sequence).where(of_night)).all())
    connection.execute(update(DROPS).where(of_night).values(partition=newest))
    return newest
