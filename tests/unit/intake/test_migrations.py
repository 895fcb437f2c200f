"""The platform database is made and changed by migrations, and is what the tables declare."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, select, text
from sqlalchemy.exc import DBAPIError

from retail_assets import database
from retail_assets.config import Settings
from retail_assets.database import (
    METADATA,
    NEWEST_REVISION,
    migrate,
    platform_engine,
    reading,
)
from retail_assets.errors import UnusableDatabase
from retail_assets.intake import ledger
from retail_assets.intake.ledger_export import export_ledger
from retail_assets.intake.ledger_tables import (
    CHECKED_CONTENTS,
    CONTENT_METADATA,
    DECISIONS,
    LOADS,
    ROW_COUNTS,
)
from retail_assets.lake import Lake

OLD_ROWS = """
insert into drops (sequence, claim, folder, name, size, modified_ns, sha256, content_key, source, admitted_at,
    partition, state, duplicate_of, records) values
  (1, 'a/1', 'sales', 'one.csv', 10, 1763600400123456789, 'f1', 'k1', 'till', '2026-11-20 01:00:00.000000',
    '2026-11-20', 'loaded', null, 3),
  (2, 'a/2', 'sales', 'two.csv', 10, 2, 'f1', 'k1', 'till', '2026-11-20 01:00:00.000000', '2026-11-20',
    'duplicate', 1, null),
  (3, 'a/3', 'decisions', 'asked.csv', 10, 3, 'f3', 'k3', 'contract', '2026-11-20 01:00:00.000000',
    '2026-11-20', 'loaded', null, 4),
  (4, 'a/4', 'sales', 'released.csv', 10, 4, 'f4', null, null, '2026-11-20 01:00:00.000000', '2026-11-20',
    'stored', null, null),
  (5, 'a/5', 'sales', 'withdrawn.csv', 10, 5, 'f5', 'k5', 'till', '2026-11-20 01:00:00.000000', '2026-11-20',
    'withdrawn', null, null);
insert into loads (sequence, feed, rows) values (1, 'sales', 1);
insert into accounts (sequence, target, records, admitted, sent, left_out, duplicate, rejected, sent_to, by_rule)
  values (1, 'sales', 5, 1, 1, 2, 0, 1, '{"stock_movements": 1}', '{"sent/spot": 1}');
insert into decisions (entry, decision_id, at, actor, kind, subject, sequence, accepted, state_after, message)
  values
  (1, 'd1', '2026-11-20 09:00:00.000000', 'ann', 'release_file', '5', 3, true, 'stored', 'Read again.'),
  (2, 'd2', '2026-11-20 09:00:01.000000', 'ann', 'withdraw_file', '5', 3, true, 'withdrawn', 'Taken out.'),
  (3, 'd3', '2026-11-20 09:00:02.000000', 'ann', 'release_file', '4', 3, true, 'stored', 'Read again.'),
  (4, 'd4', '2026-11-20 09:00:03.000000', 'bob', 'withdraw_file', '4', 3, false, null, 'He may not.');
insert into facts (content_key, facts) values ('k1', '{"width": 3}');
insert into changed (part, changes) values (0, 7);
insert into checked (feed, content_key) values ('sales', 'k1');
insert into nights (as_of) values ('2026-11-19'), ('2026-11-20');
"""


def differences(connection: Connection) -> list[object]:
    """Where the tables, columns, types, keys and indexes of a database are not what the code declares."""
    context = MigrationContext.configure(
        connection,
        opts={"compare_type": True, "include_object": lambda o, name, *_: name != "alembic_version"},
    )
    return compare_metadata(context, METADATA)


def the_rest(connection: Connection) -> dict[str, object]:
    """What Alembic does not compare: primary keys, checks and defaults."""
    seen = inspect(connection)
    return {
        table: (
            seen.get_pk_constraint(table)["constrained_columns"],
            {check["name"] for check in seen.get_check_constraints(table)},
            {column["name"]: column["default"] for column in seen.get_columns(table) if column["default"]},
        )
        for table in METADATA.tables
    }


DECLARED = {
    name: (
        [column.name for column in table.primary_key],
        {"known_state"} if name == "drops" else set(),
        {},
    )
    for name, table in METADATA.tables.items()
}


def plain_engine(settings: Settings) -> Engine:
    """The database as somebody else would open it: no migrations."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return create_engine(settings.platform_database_url)


def make_old(settings: Settings) -> None:
    """A database as the platform made it before there were migrations, with rows in every table."""
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    engine = plain_engine(settings)
    with engine.begin() as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "0001")
        connection.execute(text("drop table alembic_version"))
        for statement in OLD_ROWS.split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture
def old(either: Settings) -> Settings:
    make_old(either)
    return either


def test_the_newest_revision_is_the_last_migration() -> None:
    scripts = ScriptDirectory(str(Path(database.__file__).with_name("migrations")))
    assert scripts.get_heads() == [NEWEST_REVISION]


@pytest.mark.parametrize("make", [lambda settings: None, make_old], ids=["fresh", "old"])
def test_migrations_make_what_the_tables_declare(either: Settings, make: Callable[[Settings], None]) -> None:
    make(either)
    migrate(either)
    engine = plain_engine(either)
    with engine.begin() as connection:
        assert differences(connection) == []
        assert the_rest(connection) == DECLARED
        assert set(inspect(connection).get_table_names()) == {*METADATA.tables, "alembic_version"}
        assert connection.scalar(text("select version_num from alembic_version")) == NEWEST_REVISION
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("pragma foreign_key_check").fetchall() == []
    engine.dispose()


def test_rows_of_an_older_version_survive(old: Settings) -> None:
    with platform_engine(old) as engine, reading(engine) as connection:
        first, second, third, fourth, fifth = ledger.find_drops(connection, [1, 2, 3, 4, 5])
        [load] = connection.execute(select(LOADS))
        [counts] = connection.execute(select(ROW_COUNTS))
        decisions = connection.execute(select(DECISIONS).order_by(DECISIONS.c.entry)).all()
        [content] = connection.execute(select(CONTENT_METADATA))
        [checked] = connection.execute(select(CHECKED_CONTENTS))
    assert (first.name, first.modified_ns, first.records) == ("one.csv", 1_763_600_400_123_456_789, 3)
    assert first.admitted_at == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert (second.duplicate_of, second.parent, second.by_platform) == (1, None, False)
    assert [drop.position for drop in (first, second, third, fourth, fifth)] == [1, 2, 3, 4, 5]
    asked_for = [drop.sequence for drop in (first, second, third, fourth, fifth) if drop.asked_for]
    assert asked_for == [4], "what a person released before is read, whatever it repeats"
    assert tuple(load) == (1, "sales", 1)
    assert (counts.routed, counts.filtered, counts.routed_to) == (1, 2, '{"stock_movements": 1}')
    assert counts.by_rule == '{"routed/spot": 1}'
    assert [(row.entry, row.actor, row.accepted) for row in decisions] == [
        (1, "ann", True),
        (2, "ann", True),
        (3, "ann", True),
        (4, "bob", False),
    ]
    assert (content.content_key, content.metadata) == ("k1", '{"width": 3}')
    assert tuple(checked) == ("sales", "k1")
    assert ledger.newest_night(old) == (date(2026, 11, 20), datetime(2026, 11, 20, 2, tzinfo=UTC))
    assert ledger.oldest_night(old) == date(2026, 11, 19)


def test_an_older_ledger_is_exported_whole(old: Settings) -> None:
    export_ledger(old)
    folder = Lake(old.data_dir).ledger
    assert pl.read_parquet(folder / "drops.parquet")["sequence"].to_list() == [1, 2, 3, 4, 5]
    assert pl.read_parquet(folder / "loads.parquet")["position"].to_list() == [1]
    assert pl.read_parquet(folder / "row_counts.parquet")["filtered"].to_list() == [2]
    assert pl.read_parquet(folder / "decisions.parquet")["entry"].to_list() == [1, 2, 3, 4]


def test_an_older_database_goes_on(old: Settings) -> None:
    ledger.record_night(old, date(2026, 11, 21), datetime(2026, 11, 21, 1, tzinfo=UTC))
    with platform_engine(old) as engine, engine.begin() as connection:
        ledger.record_states(connection, {1: "withdrawn"}, asked_for=True)
        with pytest.raises(DBAPIError), connection.begin_nested():
            connection.execute(text("update drops set duplicate_of = 99 where sequence = 2"))
        with pytest.raises(DBAPIError), connection.begin_nested():
            connection.execute(text("update drops set state = 'lost' where sequence = 2"))
        [drop] = ledger.find_drops(connection, [1])
    assert drop.state == "withdrawn"


def test_a_migration_that_fails_changes_nothing(old: Settings) -> None:
    engine = plain_engine(old)
    with engine.begin() as connection:
        connection.execute(text("create table changed_parts (x integer)"))
        before = set(inspect(connection).get_table_names())
    with pytest.raises(DBAPIError):
        migrate(old)
    with engine.begin() as connection:
        assert set(inspect(connection).get_table_names()) == before
        assert connection.scalar(text("select sum(sent) from accounts")) == 1
        connection.execute(text("drop table changed_parts"))
    engine.dispose()
    migrate(old)
    assert ledger.oldest_night(old) == date(2026, 11, 19)


def test_doing_it_again_changes_nothing(either: Settings) -> None:
    migrate(either)
    ledger.record_night(either, date(2026, 11, 20), datetime(2026, 11, 20, 1, tzinfo=UTC))
    migrate(either)
    assert ledger.oldest_night(either) == date(2026, 11, 20)


def test_a_database_of_a_newer_platform_says_what_to_do(either: Settings) -> None:
    migrate(either)
    engine = plain_engine(either)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(UnusableDatabase, match=r"of revision 9999, .* go back to the newer version"):
        ledger.oldest_night(either)


@pytest.mark.parametrize(
    "url",
    ["nonsense", "postgresql+psycopg2://u:secret@h:se/d", "db2://u:secret@h/d", "postgresql+nodriver://h/d"],
)
def test_an_address_of_no_database_says_what_to_do(settings: Settings, url: str) -> None:
    with pytest.raises(UnusableDatabase, match="RETAIL_PLATFORM_URL names no database") as told:
        ledger.oldest_night(settings.model_copy(update={"platform_url": url}))
    assert "secret" not in str(told.value)
