"""What did not come in warns on its feed until somebody decides; a broken mapping fails a check and no run."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from retail_assets.decisions.deciding import decide
from retail_assets.decisions.kinds import Decision
from retail_assets.feeds.came_in import AT_THE_LEDGER, feed_findings, files_finding
from retail_assets.feeds.intake_checks import (
    contract_findings,
    decisions_finding,
    encodings_finding,
    lost_finding,
    mappings_finding,
)
from retail_assets.intake.admission import admit
from retail_assets.intake.reconcile import Discrepancy, reconcile
from retail_assets.intake.run_summary import drops_as_they_stand, intake_lines
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
        inbox = platform.handlers().inboxes[folder].path
        inbox.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_text(text)
        (inbox / f"{name}.done").touch()

    return run


def finding(platform: Platform, night: date = NIGHT, feed: str = "stores") -> Finding:
    return feed_findings(platform, platform.handlers(), [platform.feeds[feed]], night)[feed]


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
    assert finding(platform).advice.startswith("1 file in quarantine. ")
    later = finding(platform, next_night)
    assert later.figures["in_quarantine"] == 1
    assert later.advice.startswith("1 file in quarantine in all. "), "more than this night's files"
    entry = decide(
        settings=platform.settings,
        handlers=platform.handlers(),
        as_of=next_night,
        decision=Decision("d1", datetime(2026, 11, 21, tzinfo=UTC), "admin", "withdraw_file", "1"),
    )
    assert entry.accepted, entry.message
    assert finding(platform, next_night).passed


def test_files_in_quarantine_warn_where_their_kind_is_looked_after(
    platform: Platform, drop: Callable[..., None]
) -> None:
    drop("broken.zip", "no archive")
    drop("photo.jpg", "no photo", folder="refunds")
    drop("manifest.csv", "a,b\n1,2\n", folder="refunds")
    take(platform)
    handlers = platform.handlers()

    def waiting(found: Finding) -> list[str]:
        return found.figures["which"]["file"].to_list() if not found.passed else []

    assert waiting(finding(platform, feed="refund_manifests")) == ["manifest.csv"]
    assert waiting(finding(platform)) == []
    photos = files_finding(platform, handlers, "lake/refund_images", NIGHT)
    assert waiting(photos) == ["photo.jpg"]
    assert "mapping" not in photos.advice
    archives = files_finding(platform, handlers, AT_THE_LEDGER, NIGHT)
    assert waiting(archives) == ["broken.zip"]
    assert archives.advice.startswith("1 file in quarantine. They are archives that cannot be unpacked")


def test_a_refused_decision_warns_in_its_night(platform: Platform, drop: Callable[..., None]) -> None:
    def check(night: date) -> Finding:
        return decisions_finding(platform.settings, night)

    drop("a.csv", "store_id,name\nS1,One\n")
    take(platform)
    before = drops_as_they_stand(platform.lake)
    assert check(NIGHT).passed
    kinds = {"withdraw_file": "1", "release_file": "99", "no_such_kind": "1"}
    for number, (kind, subject) in enumerate(kinds.items()):
        entry = decide(
            settings=platform.settings,
            handlers=platform.handlers(),
            as_of=NIGHT,
            decision=Decision(f"d{number}", datetime(2026, 11, 21, tzinfo=UTC), "admin", kind, subject),
        )
        assert entry.accepted == (kind == "withdraw_file")
    found = check(NIGHT)
    assert not found.passed
    assert (found.figures["accepted"], found.figures["refused"]) == (1, 2)
    assert found.advice.startswith(
        "2 of 3 decisions refused, which changed nothing: d1 (There is no file with sequence number 99); "
        "d2 (There is no kind no_such_kind; there are "
    )
    assert found.figures["which"]["decision"].to_list() == ["d1", "d2"]
    assert "Decisions: 1 accepted, 2 refused" in intake_lines(platform.lake, NIGHT, before)
    assert check(NIGHT + timedelta(days=1)).passed


def test_of_two_decisions_with_one_id_in_one_file_the_second_is_refused(
    platform: Platform, drop: Callable[..., None]
) -> None:
    for name in ("a.csv", "b.csv"):
        drop(name, f"store_id,name\n{name},One\n")
    take(platform)
    at = "2026-11-20T08:00:00Z,admin,withdraw_file"
    drop(
        "d.csv",
        f"decision_id,at,actor,kind,subject,reason\nd1,{at},1,\nd1,{at},1,\nd1,{at},2,\n",
        folder="decisions",
    )
    take(platform)
    log = pl.read_parquet(platform.lake.ledger / "decisions.parquet").select("subject", "accepted")
    assert log.rows() == [("1", True), ("2", False)], "an exact repeat is nothing new"
    drops = pl.read_parquet(platform.lake.ledger / "drops.parquet")
    assert drops["state"].to_list() == ["withdrawn", "loaded", "loaded"]
    counts = pl.read_parquet(platform.lake.ledger / "row_counts.parquet").filter(target="decisions")
    assert counts["by_rule"].to_list() == ['{"duplicate/repeat": 1}']
    assert contract_findings(platform.settings, [platform.feeds["decisions"]])["decisions"].passed
    assert "another decision with this id" in decisions_finding(platform.settings, NIGHT).advice


def test_what_is_lost_is_named_and_where_it_may_belong(platform: Platform) -> None:
    inbox = platform.lake.inbox
    for name in ("feeds/slaes", os.fsdecode(b"feeds/caf\xe9\n"), "Stores"):
        (inbox / name).mkdir(parents=True)
    lost = reconcile(platform.settings, platform.handlers())
    found = lost_finding(lost, shown=10)
    assert not found.passed
    taken_from = "Nothing is taken from here"
    assert found.advice == (
        f"3 not in place: {inbox}/Stores: {taken_from} (did you mean feeds/stores?); "
        f"{inbox}/feeds/caf\\xe9\\n: {taken_from}; {inbox}/feeds/slaes: {taken_from} (did you mean feeds/sales?). "
        "Each of `findings` says what to do."
    )
    assert found.figures["findings"]["place"].to_list()[1] == f"{inbox}/feeds/caf\\xe9\\n"
    assert lost_finding([], shown=10).passed
    gone = Discrepancy("bytes_missing", "drop 1", "Its file is gone. Drop it again.")
    assert (
        "4 not in place: drop 1: Its file is gone. Drop it again; "
        in lost_finding([*lost, gone], shown=10).advice
    )


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


def test_encodings_that_are_a_guess_are_named_until_they_are_stated(
    platform: Platform, drop: Callable[..., None]
) -> None:
    drop("a.csv", "store_id,name\nS1,One\n")
    drop("b.csv", "store_id,name\n")
    (platform.lake.inbox / "feeds" / "stores" / "b.csv").write_bytes(
        "store_id,name\nS2,Łódź\n".encode("cp1250")
    )
    take(platform)

    found = encodings_finding(platform.settings, NIGHT)

    assert not found.passed
    assert found.figures["which"]["file"].to_list() == ["b.csv"]
    assert "cp1250, or " in found.advice
    platform.lake.sources.mkdir(parents=True)
    mapping = "source: polish\nmatch: {folder: stores, files: b.csv}\nfile: {encoding: cp1250}\n"
    mapping += "targets: [{feed: stores, same_names: true, columns: {store_id: store_id}}]\n"
    (platform.lake.sources / "polish.yaml").write_text(mapping)
    again = Decision("d1", datetime(2026, 11, 21, tzinfo=UTC), "admin", "reload_file", "2")
    decide(settings=platform.settings, handlers=platform.handlers(), as_of=NIGHT, decision=again)
    assert encodings_finding(platform.settings, NIGHT).passed


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
