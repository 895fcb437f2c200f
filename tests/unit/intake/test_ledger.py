"""The ledger on SQLite and on PostgreSQL: numbers, nights, creation by two processes at once."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from retail_assets.config import REPOSITORY, Settings
from retail_assets.database import migrate, platform_engine, reading
from retail_assets.intake import ledger
from retail_assets.intake.claim_batches import Claim
from retail_assets.intake.handlers import Identity, Outcome
from retail_assets.intake.ledger_export import export_ledger
from retail_assets.intake.outcomes import record_loaded
from retail_assets.intake.row_counts import RowCounts
from retail_assets.intake.store import Stored
from retail_assets.lake import Lake

NIGHT = date(2026, 11, 20)
STARTED = datetime(2026, 11, 20, 1, tzinfo=UTC)


def _claims(*names: str) -> list[Claim]:
    at = datetime(2026, 11, 20, 1, 0, 0, 123456, tzinfo=UTC)
    return [Claim(f"batch/{name}", "sales", name, 3, 1_763_600_400_123_456_789, NIGHT, at) for name in names]


def _add(settings: Settings, *names: str) -> None:
    with platform_engine(settings) as engine, engine.begin() as connection:
        ledger.add_claims(connection, _claims(*names))


def test_numbers_are_given_once_and_in_order(either: Settings) -> None:
    _add(either, "b", "a")
    _add(either, "a", "c")
    with platform_engine(either) as engine, reading(engine) as connection:
        there = ledger.unfinished(connection, ["sales"])
        drops = ledger.find_drops(connection, [drop.sequence for drop in there])
    assert [(drop.sequence, drop.name) for drop in drops] == [(1, "b"), (2, "a"), (3, "c")]
    assert drops[0].admitted_at == datetime(2026, 11, 20, 1, 0, 0, 123456, tzinfo=UTC)
    assert drops[0].modified_ns == 1_763_600_400_123_456_789


def test_a_drop_and_what_it_became_are_exported(either: Settings) -> None:
    _add(either, "a")
    counts = RowCounts("sales", records=3, admitted=1, filtered=1, rejected=1, by_rule={"x": 1})
    with platform_engine(either) as engine, engine.begin() as connection:
        ledger.record_stored(connection, {1: Stored("f" * 64, 3)})
        [drop] = ledger.find_drops(connection, [1])
        outcome = Outcome(rows={"sales": 1}, counts=[counts], records=3, unknown_columns=["z"])
        record_loaded(connection, [(drop, Identity("till", "v1", {"day": "1"}, "key"), outcome)])
    export_ledger(either)
    folder = Lake(either.data_dir).ledger
    [drop_row] = pl.read_parquet(folder / "drops.parquet").to_dicts()
    assert drop_row == {
        "sequence": 1,
        "folder": "sales",
        "name": "a",
        "parent": None,
        "position": 1,
        "by_platform": False,
        "size": 3,
        "modified_ns": 1_763_600_400_123_456_789,
        "sha256": "f" * 64,
        "name_values": '{"day": "1"}',
        "source": "till",
        "source_version": "v1",
        "content_key": "key",
        "admitted_at": datetime(2026, 11, 20, 1, 0, 0, 123456, tzinfo=UTC),
        "partition": NIGHT,
        "state": "loaded",
        "reason": None,
        "message": None,
        "duplicate_of": None,
        "records": 3,
        "unknown_columns": '["z"]',
        "encoding_doubt": None,
    }
    [load] = pl.read_parquet(folder / "loads.parquet").to_dicts()
    assert load == {
        "sequence": 1,
        "feed": "sales",
        "rows": 1,
        "content_key": "key",
        "partition": NIGHT,
        "position": 1,
        "source": "till",
    }
    [exported] = pl.read_parquet(folder / "row_counts.parquet").to_dicts()
    assert exported == {
        "sequence": 1,
        "target": "sales",
        "records": 3,
        "admitted": 1,
        "routed": 0,
        "filtered": 1,
        "duplicate": 0,
        "rejected": 1,
        "flagged": 0,
        "by_rule": '{"x": 1}',
    }


def test_an_unchanged_ledger_is_not_written_again(either: Settings) -> None:
    export_ledger(either)
    folder = Lake(either.data_dir).ledger
    empty = {path.name: path.stat().st_ino for path in folder.iterdir()}
    assert set(empty) == {"drops.parquet", "loads.parquet", "row_counts.parquet", "decisions.parquet"}
    export_ledger(either)
    assert {path.name: path.stat().st_ino for path in folder.iterdir()} == empty
    types = pl.read_parquet_schema(folder / "drops.parquet")
    assert (types["partition"], types["admitted_at"]) == (pl.Date, pl.Datetime("us", "UTC"))
    _add(either, "a")
    export_ledger(either)
    now = {path.name: path.stat().st_ino for path in folder.iterdir()}
    assert {name for name in now if now[name] != empty[name]} == {"drops.parquet"}
    assert pl.read_parquet_schema(folder / "drops.parquet") == types


def test_the_newest_night_never_goes_back(either: Settings) -> None:
    assert ledger.newest_night(either) is None
    for number, night in enumerate((NIGHT, date(2026, 11, 1), NIGHT)):
        ledger.record_night(either, night, STARTED + timedelta(hours=number))
    assert ledger.newest_night(either) == (NIGHT, STARTED + timedelta(hours=2))
    assert ledger.oldest_night(either) == date(2026, 11, 1)


def test_processes_that_start_together_create_one_database(either: Settings) -> None:
    script = (
        "import sys; from pathlib import Path; from retail_assets.config import Settings;"
        "from retail_assets.database import migrate;"
        "migrate(Settings(data_dir=Path(sys.argv[1]), platform_url=sys.argv[2] or None))"
    )
    command = [sys.executable, "-c", script, str(either.data_dir), either.platform_url or ""]
    started = [subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    migrate(either)
    assert ledger.newest_night(either) is None


def test_the_platform_lies_where_the_settings_say(settings: Settings) -> None:
    migrate(settings)
    assert Path(settings.data_dir / "platform.db").exists()


def test_only_the_parts_of_the_drops_that_changed_are_read_again(
    either: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("retail_assets.intake.ledger", "retail_assets.intake.ledger_export"):
        monkeypatch.setattr(f"{module}.PART_ROWS", 3)
    names = [f"{number:02}" for number in range(1, 9)]
    _add(either, *names)
    export_ledger(either)
    lake = Lake(either.data_dir)
    parts = sorted(lake.work_folder("ledger").glob("drops/*/*.parquet"))
    assert [pl.read_parquet(part)["sequence"].to_list() for part in parts] == [[1, 2], [3, 4, 5], [6, 7, 8]]
    before = [part.stat().st_ino for part in parts]
    with platform_engine(either) as engine, engine.begin() as connection:
        ledger.record_states(connection, {4: "withdrawn"}, asked_for=True)
    _add(either, "09")
    export_ledger(either)
    parts = sorted(lake.work_folder("ledger").glob("drops/*/*.parquet"))
    changed = [now.stat().st_ino != then for now, then in zip(parts, before, strict=False)]
    assert changed == [False, True, False]
    exported = pl.read_parquet(lake.ledger / "drops.parquet")
    assert exported["sequence"].to_list() == list(range(1, 10))
    assert exported.filter(state="withdrawn")["sequence"].to_list() == [4]


def test_parts_that_are_lost_or_too_many_are_made_anew(either: Settings) -> None:
    _add(either, "a", "b")
    export_ledger(either)
    [part] = Lake(either.data_dir).work_folder("ledger").glob("drops/*/*.parquet")
    part.rename(part.with_name("000007.parquet"))
    export_ledger(either)
    assert [path.name for path in part.parent.iterdir()] == ["000000.parquet"]
    assert pl.read_parquet(Lake(either.data_dir).ledger / "drops.parquet").height == 2
