"""The retries that people asked for, as the log of decisions has them."""

from dataclasses import dataclass

from sqlalchemy import func, select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.intake.ledger_tables import DECISIONS
from retail_assets.invoices.review import RETRY, REVIEW, engine_of


@dataclass(frozen=True)
class Retry:
    """A document that is to be read again."""

    sequence: int
    entry: int
    """Its place in the log."""
    engine: str | None
    """The engine asked for."""


def retries(settings: Settings) -> list[Retry]:
    """The last retry of each document, in the order of the log."""
    accepted = (DECISIONS.c.kind == REVIEW, DECISIONS.c.verdict == RETRY, DECISIONS.c.accepted)
    last = select(func.max(DECISIONS.c.entry)).where(*accepted).group_by(DECISIONS.c.subject)
    columns = (DECISIONS.c.subject, DECISIONS.c.entry, DECISIONS.c.payload)
    query = select(*columns).where(DECISIONS.c.entry.in_(last)).order_by(DECISIONS.c.entry)
    with platform_engine(settings) as engine, reading(engine) as connection:
        return [
            Retry(int(row.subject.partition("-")[0]), row.entry, engine_of(row.payload))
            for row in connection.execute(query)
        ]
