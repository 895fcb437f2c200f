"""What did not come in warns on its feed until somebody decides; a broken mapping fails a check and no run."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from retail_assets.decisions.deciding import decide
from retail_assets.decisions.kinds import Decision
from retail_assets.feeds.intake_checks import contract_findings, intake_findings, mappings_finding
from retail_assets.intake.admission import admit
from retail_assets.intake.reconcile import reconcile
from retail_assets.kit.findings import Finding
from retail_assets.platform import Platform

NIGHT = date(2026, 11, 20)
BROKEN = """source: new_till
match: {folder: stores, files: "till_*"}
targets:
  - feed: stores
    columns: {store: Filiale}
"""


@pytest.fixture
def drop(platform: Platform) -> Callable[..., None]:
    def run(name: str, text: str, folder: str = "stores") -> None:
        inbox = platform.lake.inbox / "feeds" / folder
        inbox.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_text(text)
        (inbox / f"{name}.done").touch()

    return run


def finding(platform: Platform, night: date = NIGHT, feed: str = "stores") -> Finding:
    return intake_findings(platform.settings, [platform.feeds[feed]], night)[feed]


def take(platform: Platform, night: date = NIGHT) -> None:
    admit(settings=platform.settings, handlers=platform.handlers(), as_of=night)


def test_files_and_rows_that_did_not_come_in_are_named(platform: Platform, drop: Callable[..., None]) -> None:
    drop("a.csv", "store_id,name\nS1,One\n,Nobody\n")
    drop("b.parquet", "no parquet")
    take(platform)
    found = finding(platform)
    assert not found.passed
    assert found.advice.startswith("1 file in quarantine and 1 row rejected. ")
    assert (found.figures["in_quarantine"], found.figures["rejected_rows"]) == (1, 1)
    quarantined, rejecting = found.figures["which"].rows(named=True)
    assert (quarantined["file"], quarantined["reason"]) == ("b.parquet", "wrong_format")
    assert quarantined["message"]
    assert (rejecting["file"], rejecting["rejected"], rejecting["reason"]) == ("a.csv", 1, "required")
    assert rejecting["message"].startswith("Record 2 is the first: required in column store_id.")
    assert finding(platform, feed="products").passed


def test_a_file_in_quarantine_warns_until_its_case_is_closed(
    platform: Platform, drop: Callable[..., None]
) -> None:
    drop("b.parquet", "no parquet")
    take(platform)
    next_night = NIGHT + timedelta(days=1)
    take(platform, next_night)
    assert finding(platform, next_night).figures["in_quarantine"] == 1
    entry = decide(
        settings=platform.settings,
        handlers=platform.handlers(),
        as_of=next_night,
        decision=Decision("d1", datetime(2026, 11, 21, tzinfo=UTC), "admin", "withdraw_file", "1"),
    )
    assert entry.accepted, entry.message
    assert finding(platform, next_night).passed


def test_rejected_rows_warn_in_their_own_night_only(platform: Platform, drop: Callable[..., None]) -> None:
    drop("a.csv", "store_id,name\nS1,One\n,Nobody\n")
    take(platform)
    take(platform)
    assert finding(platform).figures["rejected_rows"] == 1, "running the night again changes nothing"
    assert finding(platform, NIGHT + timedelta(days=1)).passed


def test_rows_that_are_gone_from_the_lake_are_told_until_they_are_made_again(
    platform: Platform, drop: Callable[..., None]
) -> None:
    def check() -> Finding:
        return contract_findings(platform.settings, [platform.feeds["stores"]])["stores"]

    drop("a.csv", "store_id,name\nS1,One\n")
    take(platform)
    [rows] = platform.lake.rows_folder("stores").iterdir()
    rows.unlink()
    found = check()
    assert not found.passed
    assert found.figures["broken_rules"] == {rows.stem: {"rows_missing": 1}}
    assert [one.kind for one in reconcile(platform.settings, platform.handlers())] == ["rows_missing"]
    again = Decision("d1", datetime(2026, 11, 21, tzinfo=UTC), "admin", "reload_file", "1")
    decide(settings=platform.settings, handlers=platform.handlers(), as_of=NIGHT, decision=again)
    assert check().passed


def test_a_broken_mapping_is_named_and_holds_its_files_only(
    platform: Platform, drop: Callable[..., None]
) -> None:
    platform.lake.sources.mkdir(parents=True)
    (platform.lake.sources / "new_till.yaml").write_text(BROKEN)
    drop("till_1.csv", "Filiale\nS1\n")
    drop("stores.csv", "store_id,name\nS2,Two\n")
    take(platform)
    found = mappings_finding(platform)
    assert not found.passed
    assert found.advice.startswith("new_till.yaml:5: targets[1].columns.store: stores has no column `store`")
    [broken] = found.figures["broken"].rows(named=True)
    assert (broken["folder"], broken["files that wait"]) == ("stores", "till_*")
    waiting = [path.name for path in (platform.lake.inbox / "feeds" / "stores").iterdir()]
    assert sorted(waiting) == ["till_1.csv", "till_1.csv.done"]

    mended = BROKEN.replace("store:", "store_id:") + "    same_names: true\n"
    (platform.lake.sources / "new_till.yaml").write_text(mended)
    assert mappings_finding(platform).passed
    take(platform)
    assert not list((platform.lake.inbox / "feeds" / "stores").iterdir())
