"""Decisions about files: released, reloaded and withdrawn; the log keeps each of them."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from retail_assets.errors import Unreadable
from retail_assets.intake.handlers import Handlers, Identity, OneByOne, Outcome
from retail_assets.intake.ledger_tables import Drop
from retail_assets.lake import Lake
from tests.plain_platform import DECISIONS, FIRST, HEADER, SECOND, PlainPlatform


def test_a_released_file_keeps_its_place_and_may_make_a_duplicate_news(plain: PlainPlatform) -> None:
    plain.drop("first.csv", FIRST, modified=1_000)
    plain.drop("second.csv", "broken\n" + SECOND, modified=2_000)
    plain.drop("third.csv", FIRST, modified=3_000)
    plain.admit()
    assert plain.states() == ["loaded", "quarantined", "duplicate"]
    # The reader learns to read the second one, which replaces what the third repeats.
    stored = plain.lake.stored_file(plain.table("drops")["sha256"][1])
    unable = next(handler for handler in plain.handlers.all if handler.name == "plain")
    assert isinstance(unable.reader, OneByOne)
    load = unable.reader.load

    def able(path: Path, drop: Drop, identity: Identity) -> Outcome:
        return load(_mended(path, plain.lake) if path == stored else path, drop, identity)

    plain.handlers = Handlers([replace(unable, reader=OneByOne(able))])
    entry = plain.decide("release_file", 2)
    assert (entry.accepted, entry.message) == (True, "File 2 (sales/second.csv) is read again.")
    assert plain.states() == ["loaded", "loaded", "loaded", "loaded"]
    assert plain.table("loads").filter(pl.col("feed") == "sales")["sequence"].to_list() == [1, 2, 3]


def _mended(path: Path, lake: Lake) -> Path:
    mended = lake.scratch / "mended"
    mended.write_text(path.read_text().split("\n", 1)[1])
    return mended


def test_a_withdrawn_file_leaves_and_can_come_back(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    plain.admit()
    assert plain.decide("withdraw_file", 1, number=1).accepted
    assert plain.states()[0] == "withdrawn"
    assert "sales" not in plain.table("loads")["feed"].to_list()
    sha256 = plain.table("drops")["sha256"][0]
    assert plain.lake.stored_file(sha256).exists()
    refused = plain.decide("withdraw_file", 1, number=2)
    assert not refused.accepted
    assert refused.message == (
        "withdraw_file does not fit: file 1 is withdrawn; it must be duplicate or loaded or quarantined."
    )
    assert plain.decide("release_file", 1, number=3).accepted
    assert plain.states()[0] == "loaded"


def test_a_reload_reads_again_and_a_reload_that_fails_goes_to_quarantine(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    plain.admit()
    assert plain.decide("reload_file", 1, number=1).accepted
    assert plain.states()[0] == "loaded"
    reader = next(handler for handler in plain.handlers.all if handler.name == "plain")

    def unable(path: Path, drop: Drop, identity: Identity) -> Outcome:
        if drop.folder == "sales":
            raise Unreadable("broken", "This reader forgot how to.")
        assert isinstance(reader.reader, OneByOne)
        return reader.reader.load(path, drop, identity)

    plain.handlers = Handlers([replace(reader, reader=OneByOne(unable))])
    assert plain.decide("reload_file", 1, number=2).accepted
    assert plain.states()[0] == "quarantined"
    assert "sales" not in plain.table("loads")["feed"].to_list()


def test_decisions_of_a_file_are_kept_and_those_that_do_not_fit_change_nothing(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    plain.admit()
    rows = [
        "x1,2026-11-20T10:00:00,stranger,withdraw_file,1,,,",
        "x2,2026-11-20T10:00:01,admin,withdraw_file,99,,,",
        "x3,2026-11-20T10:00:02,admin,no_such_kind,1,,,",
        "x4,2026-11-20T10:00:03,admin,withdraw_file,../1,,,",
        "x5,2026-11-20T10:00:04,admin,withdraw_file,1,approve,,",
        "x6,2026-11-20T10:00:05,admin,release_file,1,,,",
        "x7,2026-11-20T10:00:06,admin,withdraw_file,1,,a reason,",
    ]
    plain.drop("d.csv", DECISIONS + "\n".join(rows) + "\n", folder="decisions")
    plain.admit()
    log = {row["decision_id"]: row for row in plain.table("decisions").to_dicts()}
    assert {name: row["accepted"] for name, row in log.items()} == {
        **{f"x{number}": False for number in range(1, 7)},
        "x7": True,
    }
    assert "administrator or operations" in log["x1"]["message"]
    assert "no file with sequence number 99" in log["x2"]["message"]
    assert "reload_file" in log["x3"]["message"]
    assert "must be the file's sequence number" in log["x4"]["message"]
    assert "takes no verdict" in log["x5"]["message"]
    assert "is loaded" in log["x6"]["message"]
    assert (log["x7"]["sequence"], log["x7"]["reason"]) == (2, "a reason")
    assert plain.states() == ["withdrawn", "loaded"]


def test_a_decision_counts_once_and_its_id_is_its_own(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    plain.admit()
    plain.decide("withdraw_file", 1, number=1)
    plain.decide("release_file", 1, number=2)
    plain.decide("withdraw_file", 1, number=1)  # the same event once more
    assert plain.states()[0] == "loaded"
    assert plain.table("decisions").height == 2
    assert "another decision with this id" in plain.decide("reload_file", 1, number=1).message
    assert plain.table("decisions")["accepted"].to_list() == [True, True, False]


def test_decisions_come_first(plain: PlainPlatform) -> None:
    plain.drop("a.csv", "broken\n")
    plain.admit()
    plain.drop("later.csv", HEADER + "5,5,5\n", modified=1_000)
    plain.drop("d.csv", DECISIONS + "x,2026-11-20T10:00:00,admin,withdraw_file,1,,,\n", folder="decisions")
    report = plain.admit(folders=["sales"])
    assert report.notes == [
        "Decision x by admin (withdraw_file 1): accepted. The rows of file 1 (sales/a.csv) leave the marts; "
        "its bytes stay."
    ]
    assert plain.states() == ["withdrawn", "loaded", "loaded"]


def test_the_log_of_decisions_cannot_be_withdrawn(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    plain.admit()
    plain.decide("withdraw_file", 1, number=1)
    assert "file 2 is part of the ever-growing log" in plain.decide("withdraw_file", 2, number=2).message
