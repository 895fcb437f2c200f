"""A digit that changed on the disk: whoever reads it next notices, and says what to do."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from retail_assets import verify
from retail_assets.database import platform_engine
from retail_assets.definitions import build_defs
from retail_assets.intake import verification
from retail_assets.intake.hashing import sha256_of
from retail_assets.intake.ledger_tables import FILE_HASHES
from retail_assets.intake.verification import WEEKS_FOR_ALL, verify_bytes
from retail_assets.lake import Lake
from retail_assets.platform import Platform
from retail_assets.warehouse.errors import DamagedLake
from retail_assets.warehouse.snapshot import take_snapshot
from retail_assets.warehouse.unread_files import require_sound_files
from tests.faults.night import drop
from tests.lake_builder import LakeBuilder
from tests.plain_platform import NIGHT, PlainPlatform
from tests.warehouse import Builds

HEADER = "store_id,product_id,counted_at,quantity,counted_by\n"
GOOD = HEADER + "S0,P1,2026-11-01T06:00:00Z,9,ann\n"
WITH_A_REJECT = GOOD + f"S0,P2,2026-11-01T06:00:00Z,many,ann\nS0,P3,2026-11-01T06:00:00Z,1,{'x' * 201}\n"


def stored(lake: Lake) -> Path:
    return next(lake.stored_files.glob("*/*"))


def rows(lake: Lake) -> Path:
    return next(lake.rows_folder("stock_counts").glob("*.parquet"))


def rejects(lake: Lake) -> Path:
    return next((lake.root / "lake" / "rejects").glob("*.parquet"))


def flags(lake: Lake) -> Path:
    return next((lake.root / "lake" / "flags").glob("*.parquet"))


def change_a_digit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture
def plain(platform: Platform, tmp_path: Path) -> PlainPlatform:
    """The real handlers, and one file of counts that came in through them."""
    plain = PlainPlatform(platform.settings, platform.handlers())
    drop(tmp_path, "stock_counts", "counts.csv", WITH_A_REJECT)
    plain.admit()
    return plain


def require_sound(plain: PlainPlatform) -> None:
    take_snapshot(plain.lake, [])
    require_sound_files(plain.settings, all_of_them=False)


@pytest.mark.parametrize("of", [stored, rows, rejects, flags])
def test_verification_finds_it(
    plain: PlainPlatform,
    of: Callable[[Lake], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(verify, "Settings", lambda: plain.settings)
    monkeypatch.setattr("sys.argv", ["verify"])
    assert verify.main() == 0
    assert "4 files hashed, 0 findings." in capsys.readouterr().out
    change_a_digit(of(plain.lake))
    assert verify.main() == 1
    [finding] = verify_bytes(plain.settings).findings
    assert finding.place == str(of(plain.lake).relative_to(plain.settings.data_dir))
    assert "are not those that were written. Restore" in finding.message
    assert "4 files hashed, 1 finding." in capsys.readouterr().out
    of(plain.lake).unlink()
    [finding] = verify_bytes(plain.settings).findings
    assert "are gone" in finding.message


@pytest.mark.parametrize("of", [rows, rejects, flags])
def test_a_build_does_not_read_it_and_a_reload_mends_it(
    plain: PlainPlatform, of: Callable[[Lake], Path]
) -> None:
    require_sound(plain)
    change_a_digit(of(plain.lake))
    with pytest.raises(DamagedLake, match=r"Nothing was built.*decide reload_file about drop 1"):
        require_sound(plain)
    assert plain.decide("reload_file", 1).accepted
    require_sound(plain)
    assert verify_bytes(plain.settings).findings == []


def test_a_build_looks_at_what_it_has_not_read_yet(tmp_path: Path) -> None:
    lake = LakeBuilder(tmp_path)
    builds = Builds(lake, "stg_stock_counts")

    def come_in(product: str) -> Path:
        row = {"store_id": "S0", "product_id": product, "counted_at": "2026-11-01T06:00:00Z", "quantity": 1}
        path = lake.lake.rows("stock_counts", lake.drops[lake.load("stock_counts", [row])].content_key)
        with platform_engine(lake.platform.settings) as engine, engine.begin() as connection:
            place = str(path.relative_to(tmp_path))
            connection.execute(FILE_HASHES.insert().values(path=place, sha256=sha256_of(path)))
        lake.write_ledger()
        return path

    first = come_in("P1")
    builds.build()
    change_a_digit(first)
    second = come_in("P2")
    builds.build()  # what was read is not read again
    third = come_in("P3")
    change_a_digit(third)
    with pytest.raises(DamagedLake, match=third.stem):
        builds.build()
    change_a_digit(third)
    builds.build()
    assert second.exists()


def test_within_a_quarter_the_weekly_runs_hash_everything(plain: PlainPlatform, tmp_path: Path) -> None:
    for number in range(20):
        drop(tmp_path, "stock_counts", f"{number}.csv", GOOD.replace("9", str(number)))
    plain.admit()
    weeks = [NIGHT + timedelta(weeks=week) for week in range(WEEKS_FOR_ALL)]
    counts = [verify_bytes(plain.settings, week_of=week).files for week in weeks]
    assert sum(counts) == verify_bytes(plain.settings).files
    assert max(counts) < sum(counts) / 2


def test_the_weekly_job_fails_its_check(
    plain: PlainPlatform, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "WEEKS_FOR_ALL", 1)
    job = build_defs(platform).resolve_job_def("weekly_verification")
    with dg.DagsterInstance.ephemeral() as instance:
        [before] = job.execute_in_process(instance=instance).get_asset_check_evaluations()
        change_a_digit(stored(plain.lake))
        [after] = job.execute_in_process(instance=instance).get_asset_check_evaluations()
    assert (before.passed, after.passed) == (True, False)
    assert "bytes of drop 1 are not those that were written" in (after.description or "")
