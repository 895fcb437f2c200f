"""What lies in an inbox need not be a file, need not be named like one, and need not hold still."""

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from retail_assets.intake.handlers import Handlers
from tests.plain_platform import FIRST, HEADER, PlainPlatform


def test_links_pipes_and_second_names_are_set_aside_unread(plain: PlainPlatform, tmp_path: Path) -> None:
    inbox = plain.handlers.inboxes["sales"].path
    secret = tmp_path / "secret.csv"
    secret.write_text(FIRST)
    (inbox / "link.csv").symlink_to(secret)
    (inbox / "broken link.csv").symlink_to("nowhere")
    (inbox / "hard.csv").hardlink_to(secret)
    os.mkfifo(inbox / "pipe.csv")
    plain.admit()
    drops = {row["name"]: row for row in plain.table("drops").to_dicts()}
    assert {name: row["reason"] for name, row in drops.items()} == {
        "link.csv": "symbolic_link",
        "broken link.csv": "symbolic_link",
        "hard.csv": "hard_link",
        "pipe.csv": "not_a_file",
    }
    assert {row["state"] for row in drops.values()} == {"quarantined"}
    assert {row["sha256"] for row in drops.values()} == {None}
    kept = plain.lake.quarantine / str(drops["link.csv"]["sequence"])
    assert kept.is_symlink() and kept.readlink() == secret
    assert secret.read_text() == FIRST
    assert plain.inbox() == []
    assert plain.discrepancies() == []


@pytest.mark.parametrize("level", ["inbox", "inbox/feeds", "inbox/feeds/sales"])
def test_a_folder_of_the_inbox_that_is_a_link_is_left_alone(
    plain: PlainPlatform, tmp_path: Path, level: str
) -> None:
    inbox = plain.handlers.inboxes["sales"].path
    link = plain.lake.root / level
    elsewhere = tmp_path / "elsewhere"
    link.rename(elsewhere)
    link.symlink_to(elsewhere)
    there = elsewhere / inbox.relative_to(link) / "theirs.csv"
    there.write_text(FIRST)
    there.with_name("theirs.csv.done").touch()
    report = plain.admit()
    assert there.exists() and there.with_name("theirs.csv.done").exists()
    assert plain.table("drops").is_empty()
    [named] = [one for one in report.skipped if one.folder == "sales"]
    assert (named.name, named.reason) == (".", "closed_folder")
    assert str(inbox) in named.message
    assert ("link_in_inbox", str(inbox)) in {(one.kind, one.place) for one in plain.discrepancies()}


def test_hostile_names_are_quarantined_and_never_become_paths(plain: PlainPlatform) -> None:
    inbox = os.fsencode(plain.handlers.inboxes["sales"].path)
    names = [b"caf\xe9.csv", b"line\nbreak.csv", b"x\\..\\..\\etc\\passwd.csv", b"bell\x07.csv"]
    for name in names:
        Path(os.fsdecode(inbox + b"/" + name)).write_text(FIRST)
    plain.admit()
    assert plain.states() == ["quarantined"] * len(names)
    assert set(plain.reasons()) == {"unsafe_name"}
    assert all(name.isprintable() for name in plain.table("drops")["name"])
    assert plain.inbox() == []


@pytest.mark.parametrize(
    "name", ["ünïcode 🛒.csv", "n" * 251 + ".csv", "-rf *;$(x)'\".csv", "..csv", "%2e%2e%2fx.csv"]
)
def test_unusual_names_are_just_names(plain: PlainPlatform, name: str) -> None:
    plain.drop(name, FIRST, done=False)
    plain.admit()
    if name == "..csv":  # hidden files are not ours
        assert plain.inbox() == [name]
    else:
        assert plain.table("drops")["name"].to_list() == [name]
        assert plain.states() == ["loaded"]


def test_a_modification_time_of_any_year_is_taken(plain: PlainPlatform) -> None:
    for name, seconds in (("past.csv", -10_000_000_000), ("future.csv", 15_000_000_000)):
        plain.drop(name, HEADER + f"{name},1,1\n", modified=seconds)
    plain.admit()
    assert plain.table("drops")["name"].to_list() == ["past.csv", "future.csv"]
    assert plain.states() == ["loaded", "loaded"]


def test_a_file_above_the_limit_waits_unread_until_the_limit_is_raised(plain: PlainPlatform) -> None:
    small = plain.settings.model_copy(update={"max_file_bytes": 10})
    plain.drop("big.csv", FIRST)
    report = plain.admit(settings=small)
    assert report.drops[0].drop.reason == "too_large"
    assert report.drops[0].drop.sha256 is None
    assert plain.decide("release_file", 1).accepted
    assert plain.states() == ["loaded", "loaded"]
    assert not list(plain.lake.quarantine.iterdir())


def test_a_reader_that_fails_costs_one_file(plain: PlainPlatform) -> None:
    plain.drop("a.csv", "bug\n", modified=1_000)
    plain.drop("b.csv", "broken\n", modified=2_000)
    plain.drop("c.csv", FIRST, modified=3_000)
    plain.admit()
    assert plain.states() == ["quarantined", "quarantined", "loaded"]
    assert plain.reasons() == ["reader_failed", "broken", None]
    assert "ZeroDivisionError" in plain.table("drops")["message"][0]
    assert "did not think" not in plain.table("drops")["message"][0]


def test_a_reader_that_fails_over_many_files_costs_those_at_fault(plain: PlainPlatform) -> None:
    for number in range(9):
        content = "bug" if number in (2, 7) else "broken" if number == 4 else "photo"
        plain.drop(f"{number}.jpg", f"{content} {number}", folder="refunds", modified=1_000 + number)
    plain.drop("a.csv", FIRST, modified=2_000)
    plain.admit()
    assert plain.states().count("loaded") == 7
    reasons = dict(zip(plain.table("drops")["name"], plain.reasons(), strict=True))
    assert {name: reason for name, reason in reasons.items() if reason} == {
        "2.jpg": "reader_failed",
        "4.jpg": "broken",
        "7.jpg": "reader_failed",
    }


def test_a_step_after_loading_that_fails_costs_one_file(plain: PlainPlatform) -> None:
    def fail(*_: object) -> list[str]:
        raise ZeroDivisionError

    handlers = [replace(one, after_load=fail) if one.name == "plain" else one for one in plain.handlers.all]
    able, plain.handlers = plain.handlers, Handlers(handlers)
    plain.drop("a.csv", FIRST)
    plain.admit()
    assert (plain.states(), plain.reasons()) == (["quarantined"], ["reader_failed"])
    assert plain.table("loads").is_empty()
    plain.handlers = able
    assert plain.decide("release_file", 1).accepted
    assert plain.states() == ["loaded", "loaded"]


def test_a_source_that_writes_the_name_again_loses_nothing(plain: PlainPlatform) -> None:
    stop, versions = threading.Event(), []

    def overwrite() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            versions.append(number)
            hidden = plain.drop(".next", HEADER + f"{number},1,1\n", done=False)
            hidden.rename(hidden.with_name("same.csv"))
            (hidden.parent / "same.csv.done").touch()
            while (hidden.parent / "same.csv").exists() and not stop.is_set():
                time.sleep(0.001)

    source = threading.Thread(target=overwrite)
    source.start()
    try:
        for _ in range(10):
            plain.admit()
    finally:
        stop.set()
        source.join()
    plain.admit()
    orders = sorted(int(row) for row in plain.rows()["order_id"])
    assert orders == versions


def test_what_is_appended_after_the_file_was_taken_is_a_drop_of_its_own(plain: PlainPlatform) -> None:
    path = plain.drop("log.csv", FIRST)
    with path.open("a") as source:  # its .done was a lie: the source goes on
        plain.admit()
        assert plain.states() == ["loaded"]
        source.write("9,9,9\n")
    plain.admit()
    plain.admit()
    assert plain.states() == ["loaded", "loaded"]
    assert plain.table("drops")["size"].to_list() == [len(FIRST), len(FIRST) + 6]
    assert set(plain.table("drops")["name"]) == {"log.csv"}
    assert not list(plain.lake.claims.iterdir())


def test_a_file_that_changes_while_it_is_copied_waits_among_the_claims(plain: PlainPlatform) -> None:
    path = plain.drop("grows.csv", FIRST)
    stop = threading.Event()
    source = path.open("a")

    def append() -> None:
        while not stop.is_set():
            source.write("2,1,1\n")
            source.flush()
            time.sleep(0.001)

    writer = threading.Thread(target=append)
    writer.start()
    try:
        report = plain.admit()
    finally:
        stop.set()
        writer.join()
        source.close()
    assert [one.drop.state for one in report.drops] == ["claimed"]
    assert "still writes" in report.summary()[0]
    assert [finding.kind for finding in plain.discrepancies()] == ["unfinished"]
    plain.admit()
    assert plain.states() == ["loaded"]
    [drop] = plain.table("drops").to_dicts()
    assert plain.lake.stored_file(drop["sha256"]).stat().st_size == drop["size"]


def test_two_admissions_at_once_take_turns(plain: PlainPlatform) -> None:
    for number in range(20):
        plain.drop(f"{number}.csv", HEADER + f"{number},1,1\n")
    threads = [threading.Thread(target=plain.admit) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert plain.states() == ["loaded"] * 20
