"""A row of the ledger is declared once: database, Parquet, dbt's source and dictionary say the same of it."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml
from sqlalchemy import insert

from retail_assets.config import DBT_PROJECT_DIR, Settings
from retail_assets.database import METADATA, platform_engine
from retail_assets.intake.ledger_export import EXPORTED, export_ledger
from retail_assets.intake.ledger_tables import (
    DECISIONS,
    DROPS,
    LOADED,
    LOADS,
    ROW_COUNTS,
    ChangedPart,
    CheckedContent,
    ContentMetadata,
    Drop,
    FileHash,
    Load,
    LoggedDecision,
    NightRun,
    PlatformIdentity,
    TargetCounts,
    exported_columns,
)
from retail_assets.lake import Lake
from retail_assets.schema import polars_schema
from tests.conftest import settings_of

ROWS: dict[str, type] = {
    "drops": Drop,
    "loads": Load,
    "row_counts": TargetCounts,
    "decisions": LoggedDecision,
    "content_metadata": ContentMetadata,
    "changed_parts": ChangedPart,
    "checked_contents": CheckedContent,
    "file_hashes": FileHash,
    "night_runs": NightRun,
    "platform": PlatformIdentity,
}
AT = datetime(2026, 11, 20, 1, 2, 3, 456789, tzinfo=UTC)
DROP = Drop(
    sequence=1,
    claim="a/1",
    folder="sales",
    name="a.csv",
    parent=None,
    position=1,
    by_platform=False,
    size=3,
    modified_ns=1_763_600_400_123_456_789,
    sha256="f" * 64,
    name_values="{}",
    source="till",
    source_version="1",
    content_key="k",
    admitted_at=AT,
    partition=AT.date(),
    state=LOADED,
    asked_for=True,
    reason=None,
    message=None,
    duplicate_of=None,
    records=3,
    unknown_columns="[]",
    encoding_doubt=None,
)
LOAD = Load(sequence=1, feed="sales", rows=2)
COUNTS = TargetCounts(1, "sales", 3, 2, 0, 1, 0, 0, 1, routed_to="{}", by_rule='{"left_out/blank": 1}')
DECISION = LoggedDecision(
    1,
    "d1",
    AT,
    "ann",
    "release_file",
    "1",
    None,
    "why",
    None,
    1,
    accepted=True,
    state_after=None,
    message="Done.",
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A ledger with one row in each exported table."""
    settings = settings_of(tmp_path_factory.mktemp("ledger"))
    with platform_engine(settings) as engine, engine.begin() as connection:
        for table, row in ((DROPS, DROP), (LOADS, LOAD), (ROW_COUNTS, COUNTS), (DECISIONS, DECISION)):
            connection.execute(insert(table), [vars(row)])
    export_ledger(settings)
    return settings


def test_every_table_has_its_row() -> None:
    assert ROWS.keys() == METADATA.tables.keys()


@pytest.mark.parametrize("name", ROWS)
def test_every_row_and_column_is_described(name: str) -> None:
    row: Any = ROWS[name]
    assert row.__doc__ and not row.__doc__.startswith(row.__name__), "not what dataclass makes up"
    assert all(field.metadata["description"].endswith(".") for field in fields(row))


@pytest.mark.parametrize("name", ROWS)
def test_the_database_has_the_rows_keys_and_nulls(name: str) -> None:
    row: Any = ROWS[name]
    table = METADATA.tables[name]
    assert [column.name for column in table.columns] == [field.name for field in fields(row)]
    for column in exported_columns(row).values():
        assert table.c[column.name].nullable == column.nullable, column.name
        assert table.c[column.name].primary_key == column.is_key, column.name
    assert all(not column.nullable for column in table.primary_key)


@pytest.mark.parametrize("name", EXPORTED)
def test_parquet_and_dbt_have_the_declared_columns(exported: Settings, name: str) -> None:
    text, columns = EXPORTED[name]
    file = Lake(exported.data_dir).ledger / f"{name}.parquet"
    assert pl.read_parquet_schema(file) == polars_schema(columns)
    sources = yaml.safe_load((DBT_PROJECT_DIR / "models/staging/intake/_sources.yml").read_text())["sources"]
    [ledger] = [source for source in sources if source["name"] == "ledger"]
    [told] = [table for table in ledger["tables"] if table["name"] == name]
    assert told["description"] == " ".join(text.split())
    assert told["columns"] == [
        {"name": column.name, "data_type": column.sql_type, "description": column.description}
        for column in columns.values()
    ]
    with duckdb.connect() as connection:
        described = connection.execute("describe from read_parquet(?)", [str(file)]).fetchall()
    types = {
        column: kind.lower().replace("timestamp with time zone", "timestamptz")
        for column, kind, *_ in described
    }
    assert types == {column.name: column.sql_type for column in columns.values()}


def test_values_leave_the_database_as_they_are(exported: Settings) -> None:
    ledger = Lake(exported.data_dir).ledger
    of_drop = {name: getattr(DROP, name) for name in ("content_key", "partition", "position", "source")}
    expected = {
        "drops": vars(DROP),
        "loads": vars(LOAD) | of_drop,
        "row_counts": vars(COUNTS),
        "decisions": vars(DECISION),
    }
    for name, values in expected.items():
        [row] = pl.read_parquet(ledger / f"{name}.parquet").to_dicts()
        assert row == {column: values[column] for column in EXPORTED[name][1]}


def test_what_only_admission_needs_stays_in_the_database() -> None:
    kept = {
        (name, field.name)
        for name, row in ROWS.items()
        if name in EXPORTED
        for field in fields(row)  # ty: ignore[invalid-argument-type]
        if field.name not in EXPORTED[name][1]
    }
    assert kept == {("drops", "claim"), ("drops", "asked_for"), ("row_counts", "routed_to")}
