"""The decisions about what is published: a night is taken back, or a mart may lose rows."""

from datetime import date

import polars as pl
from sqlalchemy import Connection, func, select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.decisions.kinds import ADMINISTRATOR, OPERATIONS, Kind, Subject
from retail_assets.intake.ledger_tables import DECISIONS
from retail_assets.intake.retraction import nights_after, retract_nights
from retail_assets.partitions import first_night
from retail_assets.platform import Platform

RETRACT_NIGHT, ACCEPT_FEWER_ROWS = "retract_night", "accept_fewer_rows"
MAY_DECIDE = frozenset({ADMINISTRATOR, OPERATIONS})


def decision_kinds(platform: Platform) -> list[Kind]:
    """The kinds of decision about nights and about marts."""
    return [_retract_night(platform.settings), _accept_fewer_rows(platform)]


def accepted(settings: Settings, kind: str) -> dict[str, int]:
    """What decisions of a kind were accepted about, with the newest entry in the log about each."""
    query = (
        select(DECISIONS.c.subject, func.max(DECISIONS.c.entry).label("entry"))
        .where(DECISIONS.c.kind == kind, DECISIONS.c.accepted)
        .group_by(DECISIONS.c.subject)
    )
    with platform_engine(settings) as engine, reading(engine) as connection:
        return {row.subject: row.entry for row in connection.execute(query)}


def _retract_night(settings: Settings) -> Kind:
    def states(connection: Connection, subjects: pl.Series) -> pl.DataFrame:
        ran = [night.isoformat() for night in nights_after(connection)]
        return _states([subject for subject in subjects if subject in ran], "ran")

    def apply(connection: Connection, decided: pl.DataFrame) -> dict[str, str]:
        first = first_night(settings)
        return {
            decision_id: f"No night before {night} ran, and the platform's first is {first}. Set RETAIL_FIRST_NIGHT to "
            "the day to go back to, and decide again under another decision_id."
            for decision_id, night in decided.select("decision_id", "subject").iter_rows()
            if retract_nights(connection, date.fromisoformat(night), first=first) is None
        }

    return Kind(
        name=RETRACT_NIGHT,
        about=Subject("night", states, apply, described="The first wrong night, yyyy-mm-dd (2027-12-31)."),
        description="Take back a night that ran with a wrong clock, and all after it: marts and releases go back to "
        "the night before; the files that it took stay, and belong to that night.",
        roles=MAY_DECIDE,
        transitions={None: {"ran": "taken back"}},
        effect="The night of {label} and all after it are taken back; the next nightly run makes the marts anew.",
        example={"subject": "2027-12-31", "reason": "The server's clock was wrong."},
    )


def _accept_fewer_rows(platform: Platform) -> Kind:
    def states(_: Connection, subjects: pl.Series) -> pl.DataFrame:
        return _states([subject for subject in subjects if subject in platform.marts], "compared")

    return Kind(
        name=ACCEPT_FEWER_ROWS,
        about=Subject("mart", states, described="Name of the mart (sales_lines)."),
        description="Let the next release be published though the mart has lost most of its rows, or all of them.",
        roles=MAY_DECIDE,
        transitions={None: {"compared": "compared"}},
        effect="In the next release {label} may have fewer rows.",
        example={"subject": "sales_lines", "reason": "The test till's history was withdrawn."},
    )


def _states(subjects: list[str], state: str) -> pl.DataFrame:
    return pl.DataFrame({"subject": subjects}, schema={"subject": pl.String}).with_columns(
        state=pl.lit(state)
    )
