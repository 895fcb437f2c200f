"""Faults that no file is to blame for: a full disk, bytes that vanished, things that lie about."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from retail_assets.config import Settings
from retail_assets.errors import DiskFull
from retail_assets.intake.admission import admit
from retail_assets.intake.handlers import Batch, Handlers, Inbox, OneByOne, Outcome
from retail_assets.intake.reconcile import accounting
from tests.conftest import unavailable
from tests.plain_platform import FIRST, HEADER, NIGHT, SECOND, PlainPlatform


def test_a_full_disk_is_said_plainly_and_nothing_is_lost(settings: Settings, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        unavailable("Mounting a small file system needs root.")
    mount = tmp_path / "small"
    mount.mkdir()
    if os.system(f"mount -t tmpfs -o size=4m tmpfs {mount}") != 0:
        unavailable("This machine does not allow mounting a tmpfs.")
    try:
        plain = PlainPlatform(settings.model_copy(update={"data_dir": mount / "data"}))
        plain.drop("small.csv", FIRST, modified=1_000)
        plain.drop("big.csv", HEADER + "8,1,1\n" * 300_000, modified=2_000)
        ballast = mount / "ballast"
        ballast.write_bytes(b"x" * 500_000)
        with pytest.raises(
            DiskFull, match=rf"No space left for {mount}/data: .* MiB are free .* Nothing is lost"
        ):
            plain.admit()
        os.system(f"mount -o remount,size=64m {mount}")
        plain.admit()
        assert sorted(plain.table("drops")["name"]) == ["big.csv", "small.csv"]
        assert plain.states() == ["loaded", "loaded"]
        assert plain.discrepancies() == []
    finally:
        os.system(f"umount -l {mount}")


@pytest.mark.parametrize(
    "trouble", [OSError(errno.EIO, "Input/output error"), OperationalError("select 1", {}, Exception("away"))]
)
@pytest.mark.parametrize("folder", ["sales", "refunds"])
def test_a_machine_in_trouble_stops_the_run_and_condemns_no_file(
    plain: PlainPlatform, folder: str, trouble: Exception
) -> None:
    def fail(*_: object) -> list[Outcome]:
        raise trouble

    failing = [
        replace(one, reader=replace(one.reader, load=fail))
        for one in plain.handlers.all
        if isinstance(one.reader, OneByOne | Batch)
    ]
    able, plain.handlers = plain.handlers, Handlers(failing)
    for number in range(2):
        plain.drop(f"{number}.csv", FIRST + f"{number},1,1\n", folder=folder)
    with pytest.raises(type(trouble)):
        plain.admit()
    plain.handlers = able
    plain.admit()
    assert plain.states() == ["loaded", "loaded"]


def test_an_inbox_that_cannot_be_emptied_is_reported(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    elsewhere = _another_file_system(plain.settings.data_dir) / f"inbox-{os.getpid()}"
    elsewhere.mkdir()
    try:
        (elsewhere / "b.csv").write_text(FIRST)
        handlers = [
            replace(handler, inboxes=tuple(_moved(inbox, elsewhere) for inbox in handler.inboxes))
            for handler in plain.handlers.all
        ]
        report = admit(settings=plain.settings, handlers=Handlers(handlers), as_of=NIGHT)
        assert [(one.name, one.reason) for one in report.skipped] == [("b.csv", "other_file_system")]
        assert (elsewhere / "b.csv").exists()
        assert [one.drop.name for one in report.drops] == ["a.csv"]
    finally:
        shutil.rmtree(elsewhere)


def _another_file_system(here: Path) -> Path:
    for place in (Path("/dev/shm"), Path("/var/tmp")):
        if place.is_dir() and place.stat().st_dev != here.stat().st_dev:
            return place
    unavailable("There is no second file system at /dev/shm or /var/tmp.")
    raise AssertionError


def _moved(inbox: Inbox, elsewhere: Path) -> Inbox:
    return replace(inbox, path=elsewhere) if inbox.folder == "products" else inbox


@pytest.mark.parametrize("folder", ["sales", "refunds"])
@pytest.mark.parametrize("damage", ["a digit changed", "cut short", "gone"])
def test_stored_bytes_that_rotted_are_not_read_and_condemn_no_file(
    plain: PlainPlatform, damage: str, folder: str
) -> None:
    plain.drop("a.csv", FIRST, folder=folder)
    plain.admit()
    stored = plain.lake.stored_file(plain.table("drops")["sha256"][0])
    if damage == "gone":
        stored.unlink()
    else:
        rotten = FIRST.replace("5", "6") if damage == "a digit changed" else FIRST[:-2]
        stored.write_text(rotten)
    entry = plain.decide("reload_file", 1)
    assert entry.accepted
    assert (plain.states()[0], plain.reasons()[0]) == ("stored", None)
    found = [finding for finding in plain.discrepancies() if finding.kind == "bytes_changed"]
    assert [(finding.is_loss, finding.place) for finding in found] == [(True, f"drop 1 ({folder}/a.csv)")]
    assert f"Restore {stored} from a backup, or drop the same file again" in found[0].message

    plain.drop("other.csv", SECOND, folder=folder)
    report = plain.admit()
    assert plain.states() == ["stored", "loaded", "loaded"], "the others come in"
    assert report.notes == [found[0].message]

    plain.drop("again.csv", FIRST, folder=folder)
    assert plain.admit().notes == []
    assert (plain.states()[0], stored.read_text()) == ("loaded", FIRST)
    assert plain.discrepancies() == []


def test_what_lies_where_it_does_not_belong_is_found(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    plain.admit()
    assert plain.discrepancies() == []
    assert accounting(plain.settings) == []
    (plain.lake.inbox / "feeds" / "slaes").mkdir()
    (plain.lake.root / "lake" / "files" / "ab").mkdir()
    (plain.lake.root / "lake" / "files" / "ab" / "abc").touch()
    (plain.lake.quarantine).mkdir()
    (plain.lake.quarantine / "77").touch()
    (plain.lake.claims / "by hand").mkdir()
    (plain.lake.claims / "by hand" / "a.csv").touch()
    assert plain.admit().drops == []
    plain.lake.rows("sales", plain.table("drops")["content_key"][0]).unlink()
    assert {finding.kind for finding in plain.discrepancies()} == {
        "no_such_inbox",
        "bytes_without_a_drop",
        "claim_without_a_drop",
        "quarantine_without_a_drop",
        "rows_missing",
    }
