"""The ledger on SQLite and on PostgreSQL: numbers, nights, creation by two processes at once."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from retail_assets.config import REPOSITORY, Settings
from retail_assets.database import create_platform_database, platform_engine, reading
from retail_assets.feeds import ledger
from retail_assets.feeds.claims import Claim
from retail_assets.feeds.door import Identity, Outcome
from retail_assets.feeds.ends import record_loaded
from retail_assets.feeds.ledger_export import export_ledger
from retail_assets.feeds.mapping.accounts import Account
from retail_assets.feeds.store import Stored
from retail_assets.lake import Lake

NIGHT = date(2026, 11, 20)


@pytest.fixture(params=["sqlite", "postgres"])
def platform(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """A platform on either database."""
    if request.param == "sqlite":
        return settings
    return settings.model_copy(update={"platform_url": request.getfixturevalue("postgres_url")})


def _claims(*names: str) -> list[Claim]:
    at = datetime(2026, 11, 20, 1, 0, 0, 123456, tzinfo=UTC)
    return [Claim(f"batch/{name}", "sales", name, 3, 1_763_600_400_123_456_789, NIGHT, at) for name in names]


def _add(settings: Settings, *names: str) -> None:
    with platform_engine(settings) as engine, engine.begin() as connection:
        ledger.add_claims(connection, _claims(*names))


def test_numbers_are_given_once_and_in_order(platform: Settings) -> None:
    _add(platform, "b", "a")
    _add(platform, "a", "c")
    with platform_engine(platform) as engine, reading(engine) as connection:
        there = ledger.unfinished(connection, ["sales"])
        drops = ledger.find_drops(connection, [drop.sequence for drop in there])
    assert [(drop.sequence, drop.name) for drop in drops] == [(1, "b"), (2, "a"), (3, "c")]
    assert drops[0].admitted_at == datetime(2026, 11, 20, 1, 0, 0, 123456, tzinfo=UTC)
    assert drops[0].modified_ns == 1_763_600_400_123_456_789


def test_a_drop_and_what_it_became_are_exported(platform: Settings) -> None:
    _add(platform, "a")
    account = Account(
        target="sales",
        records=3,
        admitted=1,
        sent=0,
        left_out=1,
        duplicate=0,
        rejected=1,
        sent_to={},
        by_rule={"x": 1},
    )
    with platform_engine(platform) as engine, engine.begin() as connection:
        ledger.record_stored(connection, {1: Stored("f" * 64, 3)})
        [drop] = ledger.find_drops(connection, [1])
        outcome = Outcome(rows={"sales": 1}, accounts=[account], records=3, unknown_columns=["z"])
        record_loaded(connection, drop, Identity("till", "v1", {"day": "1"}, "key"), outcome)
    export_ledger(platform)
    folder = Lake(platform.data_dir).ledger
    [drop_row] = pl.read_parquet(folder / "drops.parquet").to_dicts()
    assert drop_row | {"modified_at": None, "admitted_at": None} == {
        "sequence": 1,
        "folder": "sales",
        "name": "a",
        "size": 3,
        "modified_at": None,
        "sha256": "f" * 64,
        "name_values": '{"day": "1"}',
        "source": "till",
        "source_version": "v1",
        "content_key": "key",
        "admitted_at": None,
        "partition": NIGHT,
        "state": "loaded",
        "reason": None,
        "message": None,
        "duplicate_of": None,
        "records": 3,
        "unknown_columns": '["z"]',
    }
    assert drop_row["modified_at"] == datetime(2025, 11, 20, 1, 0, 0, 123456, tzinfo=UTC)
    [load] = pl.read_parquet(folder / "loads.parquet").to_dicts()
    assert (load["sequence"], load["feed"], load["content_key"], load["partition"], load["source"], load["rows"]) == (
        1, "sales", "key", NIGHT, "till", 1,
    )  # fmt: skip
    [exported] = pl.read_parquet(folder / "accounts.parquet").to_dicts()
    assert (exported["target"], exported["records"], exported["by_rule"]) == ("sales", 3, '{"x": 1}')


def test_an_unchanged_ledger_is_not_written_again(platform: Settings) -> None:
    export_ledger(platform)
    folder = Lake(platform.data_dir).ledger
    empty = {path.name: path.stat().st_ino for path in folder.iterdir()}
    assert set(empty) == {"drops.parquet", "loads.parquet", "accounts.parquet", "decisions.parquet"}
    export_ledger(platform)
    assert {path.name: path.stat().st_ino for path in folder.iterdir()} == empty
    types = pl.read_parquet_schema(folder / "drops.parquet")
    assert (types["partition"], types["modified_at"]) == (pl.Date, pl.Datetime("us", "UTC"))
    _add(platform, "a")
    export_ledger(platform)
    now = {path.name: path.stat().st_ino for path in folder.iterdir()}
    assert {name for name in now if now[name] != empty[name]} == {"drops.parquet"}
    assert pl.read_parquet_schema(folder / "drops.parquet") == types


def test_the_newest_night_never_goes_back(platform: Settings) -> None:
    assert ledger.newest_night(platform) is None
    for night in (NIGHT, date(2026, 11, 1), NIGHT):
        ledger.record_night(platform, night)
    assert ledger.newest_night(platform) == NIGHT


def test_processes_that_start_together_create_one_database(platform: Settings) -> None:
    script = (
        "import sys; from pathlib import Path; from retail_assets.config import Settings;"
        "from retail_assets.database import create_platform_database as create;"
        "create(Settings(data_dir=Path(sys.argv[1]), platform_url=sys.argv[2] or None))"
    )
    command = [sys.executable, "-c", script, str(platform.data_dir), platform.platform_url or ""]
    started = [subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    create_platform_database(platform)
    assert ledger.newest_night(platform) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain ünïcode 🛒.csv", "plain ünïcode 🛒.csv"),
        ("line\nbreak.csv", "line\\nbreak.csv"),
        ("caf\udce9.csv", "caf\\xe9.csv"),
        ("right\u202eto left.csv", "right\\u202eto left.csv"),
    ],
)
def test_any_name_has_a_printable_form(name: str, text: str) -> None:
    assert ledger.printable(name) == text
    assert ledger.is_plain(name) == (name == text)


def test_names_that_other_systems_read_as_paths_are_not_plain() -> None:
    assert not ledger.is_plain("..\\..\\windows\\system.ini")


def test_the_platform_lies_where_the_settings_say(settings: Settings) -> None:
    create_platform_database(settings)
    assert Path(settings.data_dir / "platform.db").exists()


def test_only_the_parts_of_the_drops_that_changed_are_read_again(
    platform: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("retail_assets.feeds.ledger", "retail_assets.feeds.ledger_export"):
        monkeypatch.setattr(f"{module}.PART_DROPS", 3)
    names = [f"{number:02}" for number in range(1, 9)]
    _add(platform, *names)
    export_ledger(platform)
    lake = Lake(platform.data_dir)
    parts = sorted(lake.work_folder("ledger").glob("*/*.parquet"))
    assert [pl.read_parquet(part)["sequence"].to_list() for part in parts] == [[1, 2], [3, 4, 5], [6, 7, 8]]
    before = [part.stat().st_ino for part in parts]
    with platform_engine(platform) as engine, engine.begin() as connection:
        ledger.record_state(connection, 4, "withdrawn")
    _add(platform, "09")
    export_ledger(platform)
    parts = sorted(lake.work_folder("ledger").glob("*/*.parquet"))
    changed = [now.stat().st_ino != then for now, then in zip(parts, before, strict=False)]
    assert changed == [False, True, False]
    exported = pl.read_parquet(lake.ledger / "drops.parquet")
    assert exported["sequence"].to_list() == list(range(1, 10))
    assert exported.filter(state="withdrawn")["sequence"].to_list() == [4]


def test_parts_that_are_lost_or_too_many_are_made_anew(platform: Settings) -> None:
    _add(platform, "a", "b")
    export_ledger(platform)
    [part] = Lake(platform.data_dir).work_folder("ledger").glob("*/*.parquet")
    part.rename(part.with_name("000007.parquet"))
    export_ledger(platform)
    assert [path.name for path in part.parent.iterdir()] == ["000000.parquet"]
    assert pl.read_parquet(Lake(platform.data_dir).ledger / "drops.parquet").height == 2
