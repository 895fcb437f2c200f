"""A log of decisions, and things to decide about whose states a flow keeps in the lake."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection, Engine, select

from retail_assets.config import Settings
from retail_assets.database import platform_engine
from retail_assets.decisions.judging import COLUMNS
from retail_assets.decisions.kinds import Decision, Kind, Subject
from retail_assets.decisions.log import folded_states, record_decisions
from retail_assets.intake import ledger
from retail_assets.intake.claim_batches import Claim
from retail_assets.intake.ledger_tables import DECISIONS, Drop
from tests.conftest import settings_of

NIGHT = date(2026, 11, 20)
ROLES = {"ann": ["reviewer"], "otto": ["operations"]}
TEXTS = dict.fromkeys(COLUMNS, pl.String) | {"at": pl.Datetime("us", "UTC")}

OPEN, SEEN, CLOSED = "open", "seen", "closed"


def decision(number: int | str, kind: str, subject: str, verdict: str | None = None, **more: str) -> Decision:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return Decision(f"d{number}", at, more.pop("actor", "ann"), kind, subject, verdict, **more)


def frame(*decisions: Decision) -> pl.DataFrame:
    return pl.DataFrame([vars(one) for one in decisions], schema=TEXTS)


@dataclass(frozen=True)
class Log:
    """A log of decisions, and the drop that they come in."""

    connection: Connection
    drop: Drop
    kinds: Mapping[str, Kind]

    def record(self, *decisions: Decision, roles: Mapping[str, list[str]] = ROLES) -> list[str]:
        return record_decisions(
            self.connection, frame(*decisions), drop=self.drop, kinds=self.kinds, roles=roles
        )

    def entries(self) -> pl.DataFrame:
        columns = [*COLUMNS, "accepted", "state_after", "message"]
        query = select(*(DECISIONS.c[name] for name in columns)).order_by(DECISIONS.c.entry)
        rows = [tuple(row) for row in self.connection.execute(query)]
        types = TEXTS | {"accepted": pl.Boolean, "state_after": pl.String, "message": pl.String}
        return pl.DataFrame(rows, schema=types, orient="row")

    def accepted(self) -> list[bool]:
        return self.entries()["accepted"].to_list()

    def messages(self) -> list[str]:
        return self.entries()["message"].to_list()


def alert_kinds(table: Path) -> dict[str, Kind]:
    """Kinds of decision about alerts, whose first states stand in a table of the lake."""

    def states(connection: Connection, subjects: pl.Series) -> pl.DataFrame:
        decided = folded_states(connection, kinds=kinds.values(), subjects=subjects.to_list())
        schema = {"subject": pl.String, "decided": pl.String}
        now = pl.DataFrame(list(decided.items()), schema=schema, orient="row")
        known = pl.read_parquet(table).join(subjects.rename("subject").to_frame(), on="subject", how="semi")
        joined = known.join(now, on="subject", how="left")
        return joined.select("subject", state=pl.coalesce("decided", "state"), label="alert_text")

    alert = Subject("alert", states)
    kinds = {
        kind.name: kind
        for kind in (
            Kind(
                "see_alert",
                alert,
                "Say that somebody looks into it.",
                frozenset({"reviewer", "operations"}),
                {None: {OPEN: SEEN}},
                "Somebody looks into {label}.",
            ),
            Kind(
                "close_alert",
                alert,
                "Say what it was.",
                frozenset({"operations"}),
                {"real": {SEEN: CLOSED}, "noise": {OPEN: CLOSED, SEEN: CLOSED}},
                "{label} was {verdict}.",
            ),
            Kind(
                "open_alert",
                alert,
                "Open it again.",
                frozenset({"reviewer"}),
                {None: {CLOSED: OPEN}},
                "Again.",
            ),
        )
    }
    return kinds


def write_alerts(table: Path, count: int) -> None:
    names = [f"a{number}" for number in range(1, count + 1)]
    texts = [f"alert {name}" for name in names]
    pl.DataFrame({"subject": names, "state": OPEN, "alert_text": texts}).write_parquet(table)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Engine]]:
    """A platform database for many small logs, each of them taken back."""
    settings = settings_of(tmp_path_factory.mktemp("platform"))
    with platform_engine(settings) as engine:
        yield settings, engine


@contextmanager
def taken_back(
    engine: Engine, kinds: Mapping[str, Kind], *names: str, by_platform: bool = False
) -> Generator[Log]:
    """An empty log; its decisions come in the first of some drops (`folder/name`), and all is undone afterwards."""
    at = datetime(2026, 11, 20, 1, tzinfo=UTC)
    places = [name.split("/") for name in ("decisions/d.csv", *names)]
    claims = [
        Claim(f"batch/{number}", folder, name, 3, 0, NIGHT, at, by_platform=by_platform)
        for number, (folder, name) in enumerate(places)
    ]
    with engine.connect() as connection, connection.begin() as transaction:
        ledger.add_claims(connection, claims)
        [drop] = ledger.find_drops(connection, [1])
        yield Log(connection, drop, kinds)
        transaction.rollback()


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Kind]:
    table = tmp_path_factory.mktemp("lake") / "alerts.parquet"
    write_alerts(table, 3)
    return alert_kinds(table)


@pytest.fixture
def log(shelf: tuple[Settings, Engine], kinds: dict[str, Kind]) -> Iterator[Log]:
    with taken_back(shelf[1], kinds) as found:
        yield found


@pytest.fixture
def own_log(shelf: tuple[Settings, Engine], kinds: dict[str, Kind]) -> Iterator[Log]:
    """A log to which the platform itself writes."""
    with taken_back(shelf[1], kinds, by_platform=True) as found:
        yield found
