"""Admission from the inbox to the ledger, with a door whose reader is simple: every rule about drops."""

import os
import shutil
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.feeds.admission import admit
from retail_assets.feeds.decisions.deciding import decide
from retail_assets.feeds.door import Door, Identity, Outcome
from retail_assets.feeds.errors import DiskFull
from retail_assets.feeds.reconcile import accounting, reconcile
from retail_assets.feeds.report import AdmissionReport
from retail_assets.feeds.settling import look
from retail_assets.lake import Lake
from tests.conftest import unavailable
from tests.doors import plain_door

NIGHT = date(2026, 11, 20)
HEADER = "order_id,line_number,quantity\n"
FIRST, SECOND = HEADER + "1,1,5\n1,2,3\n", HEADER + "1,1,6\n"


class Platform:
    """A platform with the plain door, and the short words these tests are written in."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lake = Lake(settings.data_dir)
        self.door = plain_door(settings)

    def drop(
        self, name: str, text: str, *, folder: str = "sales", modified: int = 0, done: bool = True
    ) -> Path:
        path = self.door.inboxes[folder] / name
        path.write_text(text)
        if modified:
            os.utime(path, (modified, modified))
        if done:
            (path.parent / f"{name}.done").touch()
        return path

    def admit(self, as_of: date = NIGHT, **options) -> AdmissionReport:
        return admit(settings=self.settings, as_of=as_of, door=self.door, **options)

    def decide(self, kind: str, subject: int | str, *, actor: str = "admin", number: int = 1, **more) -> str:
        entry = decide(
            settings=self.settings,
            as_of=NIGHT,
            decision_id=f"d{number}",
            at=datetime(2026, 11, 20, 9, number, tzinfo=UTC),
            actor=actor,
            kind=kind,
            subject=str(subject),
            door=self.door,
            **more,
        )
        return ("accepted: " if entry.accepted else "refused: ") + entry.message

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.lake.ledger / f"{name}.parquet")

    def states(self) -> list[str]:
        return self.table("drops")["state"].to_list()

    def reasons(self) -> list[str | None]:
        return self.table("drops")["reason"].to_list()

    def inbox(self) -> list[str]:
        return sorted(p.name for inbox in self.door.inboxes.values() for p in inbox.iterdir())


@pytest.fixture
def platform(settings: Settings) -> Platform:
    return Platform(settings)


# Taking


def test_a_file_becomes_rows_and_leaves_the_inbox(platform: Platform) -> None:
    platform.drop("a.csv", FIRST)
    report = platform.admit()
    assert platform.inbox() == []
    assert not list(platform.lake.claims.iterdir())
    assert report.rows_admitted("sales") == 2
    [key] = report.new_contents("sales")
    assert platform.lake.rows("sales", key).exists()
    assert report.changed_feeds == {"sales"}
    [drop] = platform.table("drops").to_dicts()
    assert (drop["state"], drop["partition"], drop["name"], drop["records"]) == ("loaded", NIGHT, "a.csv", 2)
    assert platform.lake.stored_file(drop["sha256"]).read_text() == FIRST
    assert report.summary() == ["1 sales/a.csv: loaded, 2 rows in sales."]
    assert "a.csv" in report.markdown("sales")
    assert platform.admit().summary() == ["Nothing was dropped."]


def test_files_found_together_are_numbered_by_time_then_name_over_all_folders(platform: Platform) -> None:
    platform.drop("b.csv", HEADER + "b,1,1\n", modified=2_000)
    platform.drop("a.csv", HEADER + "a,1,1\n", modified=2_000)
    platform.drop("z.csv", "product_id\np\n", folder="products", modified=1_000)
    platform.drop("c.csv", HEADER + "c,1,1\n", modified=3_000)
    platform.admit()
    assert platform.table("drops")["name"].to_list() == ["z.csv", "a.csv", "b.csv", "c.csv"]


def test_without_a_marker_a_file_is_taken_after_two_equal_looks(platform: Platform) -> None:
    platform.drop("a.csv", FIRST, done=False)
    assert platform.admit().drops[0].drop.state == "loaded"


def test_a_growing_file_is_not_taken(platform: Platform) -> None:
    path = platform.drop("grows.csv", FIRST, done=False)
    stop = threading.Event()

    def grow() -> None:
        while not stop.is_set():
            with path.open("a") as handle:
                handle.write("2,1,1\n")
            time.sleep(0.005)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        report = platform.admit()
    finally:
        stop.set()
        writer.join()
    assert [(left.name, left.reason) for left in report.left] == [("grows.csv", "not_settled")]
    assert platform.inbox() == ["grows.csv"]
    assert platform.admit().drops[0].drop.state == "loaded"


def test_a_file_that_is_still_open_is_not_taken(platform: Platform) -> None:
    path = platform.drop("slow.csv", FIRST, done=False)
    with path.open("a"):
        assert [left.reason for left in platform.admit().left] == ["being_written"]
    assert platform.admit().drops[0].drop.state == "loaded"


def test_a_sensors_last_look_spares_the_pause(platform: Platform) -> None:
    slow = platform.settings.model_copy(update={"settle_seconds": 3_600.0})
    platform.drop("old.csv", FIRST, done=False)
    seen = {"sales": look(platform.door.inboxes["sales"])}
    platform.drop("new.csv", SECOND, done=False)
    report = admit(settings=slow, as_of=NIGHT, door=platform.door, seen=seen)
    assert [one.drop.name for one in report.drops] == ["old.csv"]
    assert [left.name for left in report.left] == ["new.csv"]


def test_markers_need_no_pause(platform: Platform) -> None:
    platform.drop("a.csv", FIRST)
    slow = platform.settings.model_copy(update={"settle_seconds": 3_600.0})
    assert len(admit(settings=slow, as_of=NIGHT, door=platform.door).drops) == 1


def test_only_the_folders_asked_for_and_decisions_are_taken(platform: Platform) -> None:
    platform.drop("a.csv", FIRST)
    platform.drop("p.csv", "product_id\np\n", folder="products")
    assert [one.drop.folder for one in platform.admit(folders=["products"]).drops] == ["products"]
    assert platform.inbox() == ["a.csv", "a.csv.done"]


def test_unfinished_transfers_and_folders_stay(platform: Platform) -> None:
    for name in (".hidden.csv", "a.csv.part", "b.csv.tmp", "c.csv.filepart"):
        platform.drop(name, FIRST, done=False)
    (platform.door.inboxes["sales"] / "folder").mkdir()
    report = platform.admit()
    assert report.drops == []
    assert [left.reason for left in report.left] == ["folder"]
    assert len(platform.inbox()) == 5


def test_a_folder_beside_a_file_is_no_marker(platform: Platform) -> None:
    path = platform.drop("a.csv", FIRST, done=False)
    path.with_name("a.csv.done").mkdir()
    assert [one.drop.state for one in platform.admit().drops] == ["loaded"]


def test_on_postgres_everything_is_the_same(settings: Settings, postgres_url: str) -> None:
    platform = Platform(settings.model_copy(update={"platform_url": postgres_url}))
    platform.drop("a.csv", FIRST, modified=1_000)
    platform.drop("b.csv", FIRST, modified=2_000)
    platform.drop("c.csv", "broken\n", modified=3_000)
    (platform.door.inboxes["sales"] / "link.csv").symlink_to("/etc/hostname")
    platform.admit()
    assert platform.decide("withdraw_file", 1, number=1, reason="a \0 in it").startswith("accepted")
    assert platform.decide("withdraw_file", 1, number=2, actor="stranger").startswith("refused")
    assert platform.states() == ["withdrawn", "duplicate", "quarantined", "quarantined", "loaded", "loaded"]
    assert platform.table("decisions")["reason"].to_list() == ["a \ufffd in it", None]
    assert not (settings.data_dir / "platform.db").exists()
    assert reconcile(platform.settings) == accounting(platform.settings) == []


def test_many_small_files_are_quick(platform: Platform) -> None:
    for number in range(300):
        platform.drop(f"{number}.csv", HEADER + f"{number},1,1\n")
    started = time.monotonic()
    assert platform.admit().rows_admitted("sales") == 300
    assert time.monotonic() - started < 30
    assert platform.states() == ["loaded"] * 300


# What must not be followed, opened or believed


def test_links_pipes_and_second_names_are_set_aside_unread(platform: Platform, tmp_path: Path) -> None:
    inbox = platform.door.inboxes["sales"]
    secret = tmp_path / "secret.csv"
    secret.write_text(FIRST)
    (inbox / "link.csv").symlink_to(secret)
    (inbox / "broken link.csv").symlink_to("nowhere")
    (inbox / "hard.csv").hardlink_to(secret)
    os.mkfifo(inbox / "pipe.csv")
    platform.admit()
    drops = {row["name"]: row for row in platform.table("drops").to_dicts()}
    assert {name: row["reason"] for name, row in drops.items()} == {
        "link.csv": "symbolic_link",
        "broken link.csv": "symbolic_link",
        "hard.csv": "hard_link",
        "pipe.csv": "not_a_file",
    }
    assert {row["state"] for row in drops.values()} == {"quarantined"}
    assert {row["sha256"] for row in drops.values()} == {None}
    kept = platform.lake.quarantine / str(drops["link.csv"]["sequence"])
    assert kept.is_symlink() and kept.readlink() == secret
    assert secret.read_text() == FIRST
    assert platform.inbox() == []
    assert reconcile(platform.settings) == []


def test_hostile_names_are_quarantined_and_never_become_paths(platform: Platform) -> None:
    inbox = os.fsencode(platform.door.inboxes["sales"])
    names = [b"caf\xe9.csv", b"line\nbreak.csv", b"x\\..\\..\\etc\\passwd.csv", b"bell\x07.csv"]
    for name in names:
        Path(os.fsdecode(inbox + b"/" + name)).write_text(FIRST)
    platform.admit()
    assert platform.states() == ["quarantined"] * len(names)
    assert set(platform.reasons()) == {"unsafe_name"}
    assert all(name.isprintable() for name in platform.table("drops")["name"])
    assert platform.inbox() == []


@pytest.mark.parametrize(
    "name", ["ünïcode 🛒.csv", "n" * 251 + ".csv", "-rf *;$(x)'\".csv", "..csv", "%2e%2e%2fx.csv"]
)
def test_unusual_names_are_just_names(platform: Platform, name: str) -> None:
    platform.drop(name, FIRST, done=False)
    platform.admit()
    if name == "..csv":  # hidden files are not ours
        assert platform.inbox() == [name]
    else:
        assert platform.table("drops")["name"].to_list() == [name]
        assert platform.states() == ["loaded"]


def test_a_modification_time_of_any_year_is_taken(platform: Platform) -> None:
    for name, seconds in (("past.csv", -10_000_000_000), ("future.csv", 15_000_000_000)):
        platform.drop(name, HEADER + f"{name},1,1\n", modified=seconds)
    platform.admit()
    assert platform.table("drops")["name"].to_list() == ["past.csv", "future.csv"]
    assert platform.states() == ["loaded", "loaded"]


def test_a_file_above_the_limit_waits_unread_until_the_limit_is_raised(platform: Platform) -> None:
    small = platform.settings.model_copy(update={"max_file_bytes": 10})
    platform.drop("big.csv", FIRST)
    report = admit(settings=small, as_of=NIGHT, door=platform.door)
    assert report.drops[0].drop.reason == "too_large"
    assert report.drops[0].drop.sha256 is None
    assert platform.decide("release_file", 1).startswith("accepted")
    assert platform.states() == ["loaded", "loaded"]
    assert not list(platform.lake.quarantine.iterdir())


def test_a_reader_that_fails_costs_one_file(platform: Platform) -> None:
    platform.drop("a.csv", "bug\n", modified=1_000)
    platform.drop("b.csv", "broken\n", modified=2_000)
    platform.drop("c.csv", FIRST, modified=3_000)
    platform.admit()
    assert platform.states() == ["quarantined", "quarantined", "loaded"]
    assert platform.reasons() == ["reader_failed", "broken", None]
    assert "ZeroDivisionError" in platform.table("drops")["message"][0]
    assert "did not think" not in platform.table("drops")["message"][0]


# Sources that do not wait


def test_a_source_that_writes_the_name_again_loses_nothing(platform: Platform) -> None:
    stop, versions = threading.Event(), []

    def overwrite() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            versions.append(number)
            hidden = platform.drop(".next", HEADER + f"{number},1,1\n", done=False)
            hidden.rename(hidden.with_name("same.csv"))
            (hidden.parent / "same.csv.done").touch()
            while (hidden.parent / "same.csv").exists() and not stop.is_set():
                time.sleep(0.001)

    source = threading.Thread(target=overwrite)
    source.start()
    try:
        for _ in range(10):
            platform.admit()
    finally:
        stop.set()
        source.join()
    platform.admit()
    orders = sorted(int(row) for row in _rows(platform)["order_id"])
    assert orders == versions


def test_what_is_appended_after_the_file_was_taken_is_a_drop_of_its_own(platform: Platform) -> None:
    path = platform.drop("log.csv", FIRST)
    with path.open("a") as source:  # its .done was a lie: the source goes on
        platform.admit()
        assert platform.states() == ["loaded"]
        source.write("9,9,9\n")
    platform.admit()
    platform.admit()
    assert platform.states() == ["loaded", "loaded"]
    assert platform.table("drops")["size"].to_list() == [len(FIRST), len(FIRST) + 6]
    assert set(platform.table("drops")["name"]) == {"log.csv"}
    assert not list(platform.lake.claims.iterdir())


def test_a_file_that_changes_while_it_is_copied_waits_among_the_claims(platform: Platform) -> None:
    path = platform.drop("grows.csv", FIRST)
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
        report = platform.admit()
    finally:
        stop.set()
        writer.join()
        source.close()
    assert [one.drop.state for one in report.drops] == ["claimed"]
    assert "still writes" in report.summary()[0]
    assert [finding.kind for finding in reconcile(platform.settings)] == ["unfinished"]
    platform.admit()
    assert platform.states() == ["loaded"]
    [drop] = platform.table("drops").to_dicts()
    assert platform.lake.stored_file(drop["sha256"]).stat().st_size == drop["size"]


def test_two_admissions_at_once_take_turns(platform: Platform) -> None:
    for number in range(20):
        platform.drop(f"{number}.csv", HEADER + f"{number},1,1\n")
    threads = [threading.Thread(target=platform.admit) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert platform.states() == ["loaded"] * 20


# Duplicates


def test_the_same_file_again_is_a_duplicate_and_is_not_read(platform: Platform) -> None:
    platform.drop("a.csv", FIRST)
    platform.admit()
    platform.drop("renamed.csv", FIRST)
    report = platform.admit()
    assert platform.states() == ["loaded", "duplicate"]
    assert platform.table("drops")["duplicate_of"].to_list() == [None, 1]
    assert report.changed_feeds == set()
    assert platform.table("loads")["sequence"].to_list() == [1]


def test_values_from_the_name_make_a_content_of_its_own(platform: Platform) -> None:
    for name in ("a@monday", "b@monday", "c@tuesday"):
        platform.drop(name, FIRST)
        platform.admit()
    assert platform.states() == ["loaded", "duplicate", "loaded"]


def test_an_older_version_dropped_again_after_a_newer_one_counts(platform: Platform) -> None:
    for text in (FIRST, SECOND, FIRST, FIRST):
        platform.drop("a.csv", text)
        platform.admit()
    assert platform.states() == ["loaded", "loaded", "loaded", "duplicate"]
    assert platform.table("drops")["duplicate_of"].to_list() == [None, None, None, 3]


def test_a_later_drop_with_other_keys_does_not_matter(platform: Platform) -> None:
    for text in (FIRST, HEADER + "7,1,1\n", FIRST):
        platform.drop("a.csv", text)
        platform.admit()
    assert platform.states() == ["loaded", "loaded", "duplicate"]


def test_a_later_drop_that_replaced_the_document_counts(platform: Platform) -> None:
    header = "order_id,line_number,document\n"
    for text in (header + "1,1,D\n", header + "1,2,D\n", header + "1,1,D\n"):
        platform.drop("a.csv", text)
        platform.admit()
    assert platform.states() == ["loaded", "loaded", "loaded"]


def test_a_key_that_the_day_of_admission_fills_fits_any_day(platform: Platform) -> None:
    header = "supplier_id,product_id,valid_from,unit_cost\n"
    for cost in (5, 6, 5):
        platform.drop("a.csv", header + f"s,p,,{cost}\n", folder="supplier_products")
        platform.admit()
    assert platform.states() == ["loaded", "loaded", "loaded"]


def test_a_withdrawn_drop_makes_no_duplicates(platform: Platform) -> None:
    platform.drop("a.csv", FIRST)
    platform.admit()
    platform.decide("withdraw_file", 1)
    platform.drop("a.csv", FIRST)
    platform.admit()
    assert platform.states() == ["withdrawn", "loaded", "loaded"]


# Decisions


def test_a_released_file_keeps_its_place_and_may_make_a_duplicate_news(platform: Platform) -> None:
    platform.drop("first.csv", FIRST, modified=1_000)
    platform.drop("second.csv", "broken\n" + SECOND, modified=2_000)
    platform.drop("third.csv", FIRST, modified=3_000)
    platform.admit()
    assert platform.states() == ["loaded", "quarantined", "duplicate"]
    # The reader learns to read the second one, which replaces what the third repeats.
    stored = platform.lake.stored_file(platform.table("drops")["sha256"][1])
    unable = platform.door

    def able(path: Path, folder: str, name: str, identity: Identity) -> Outcome:
        return unable.load(_mended(path, platform.lake) if path == stored else path, folder, name, identity)

    platform.door = Door(inboxes=unable.inboxes, identify=unable.identify, load=able)
    assert platform.decide("release_file", 2) == "accepted: File 2 (sales/second.csv) is read again."
    assert platform.states() == ["loaded", "loaded", "loaded", "loaded"]
    assert platform.table("loads").filter(pl.col("feed") == "sales")["sequence"].to_list() == [1, 2, 3]


def _mended(path: Path, lake: Lake) -> Path:
    mended = lake.scratch / "mended"
    mended.write_text(path.read_text().split("\n", 1)[1])
    return mended


def test_a_withdrawn_file_leaves_and_can_come_back(platform: Platform) -> None:
    platform.drop("a.csv", FIRST)
    platform.admit()
    assert platform.decide("withdraw_file", 1, number=1).startswith("accepted")
    assert platform.states()[0] == "withdrawn"
    assert "sales" not in platform.table("loads")["feed"].to_list()
    sha256 = platform.table("drops")["sha256"][0]
    assert platform.lake.stored_file(sha256).exists()
    assert platform.decide("withdraw_file", 1, number=2) == (
        "refused: withdraw_file does not fit: file 1 is withdrawn; it must be duplicate or loaded or quarantined."
    )
    assert platform.decide("release_file", 1, number=3).startswith("accepted")
    assert platform.states()[0] == "loaded"


def test_a_reload_reads_again_and_a_reload_that_fails_goes_to_quarantine(platform: Platform) -> None:
    platform.drop("a.csv", FIRST)
    platform.admit()
    assert platform.decide("reload_file", 1, number=1).startswith("accepted")
    assert platform.states()[0] == "loaded"
    stored = platform.lake.stored_file(platform.table("drops")["sha256"][0])
    stored.chmod(0o644)
    stored.write_text("broken" + "\n" * (len(FIRST) - 6))
    assert platform.decide("reload_file", 1, number=2).startswith("accepted")
    assert platform.states()[0] == "quarantined"
    assert "sales" not in platform.table("loads")["feed"].to_list()


def test_decisions_of_a_file_are_kept_and_those_that_do_not_fit_change_nothing(platform: Platform) -> None:
    platform.drop("a.csv", FIRST)
    platform.admit()
    header = "decision_id,at,actor,kind,subject,verdict,reason,payload\n"
    rows = [
        "x1,2026-11-20T10:00:00,stranger,withdraw_file,1,,,",
        "x2,2026-11-20T10:00:01,admin,withdraw_file,99,,,",
        "x3,2026-11-20T10:00:02,admin,no_such_kind,1,,,",
        "x4,2026-11-20T10:00:03,admin,withdraw_file,../1,,,",
        "x5,2026-11-20T10:00:04,admin,withdraw_file,1,approve,,",
        "x6,2026-11-20T10:00:05,admin,release_file,1,,,",
        "x7,2026-11-20T10:00:06,admin,withdraw_file,1,,a reason,",
    ]
    platform.drop("d.csv", header + "\n".join(rows) + "\n", folder="decisions")
    report = platform.admit()
    log = {row["decision_id"]: row for row in platform.table("decisions").to_dicts()}
    assert {name: row["outcome"] for name, row in log.items()} == {
        **{f"x{number}": "refused" for number in range(1, 7)},
        "x7": "accepted",
    }
    assert "administrator or operations" in log["x1"]["message"]
    assert "no file with sequence number 99" in log["x2"]["message"]
    assert "reload_file" in log["x3"]["message"]
    assert "must be the file's sequence number" in log["x4"]["message"]
    assert "takes no verdict" in log["x5"]["message"]
    assert "is loaded" in log["x6"]["message"]
    assert (log["x7"]["sequence"], log["x7"]["reason"]) == (2, "a reason")
    assert platform.states() == ["withdrawn", "loaded"]
    assert report.changed_feeds == {"decisions", "sales"}


def test_a_decision_counts_once_and_its_id_is_its_own(platform: Platform) -> None:
    platform.drop("a.csv", FIRST)
    platform.admit()
    platform.decide("withdraw_file", 1, number=1)
    platform.decide("release_file", 1, number=2)
    platform.decide("withdraw_file", 1, number=1)  # the same event once more
    assert platform.states()[0] == "loaded"
    assert platform.table("decisions").height == 2
    assert "another decision with this id" in platform.decide("reload_file", 1, number=1)
    assert platform.table("decisions")["outcome"].to_list() == ["accepted", "accepted", "refused"]


def test_decisions_come_first(platform: Platform) -> None:
    platform.drop("a.csv", "broken\n")
    platform.admit()
    header = "decision_id,at,actor,kind,subject,verdict,reason,payload\n"
    platform.drop("later.csv", HEADER + "5,5,5\n", modified=1_000)
    platform.drop("d.csv", header + "x,2026-11-20T10:00:00,admin,withdraw_file,1,,,\n", folder="decisions")
    report = platform.admit(folders=["sales"])
    assert report.decisions[0].accepted
    assert platform.states() == ["withdrawn", "loaded", "loaded"]


def test_the_log_of_decisions_cannot_be_withdrawn(platform: Platform) -> None:
    platform.drop("a.csv", FIRST)
    platform.admit()
    platform.decide("withdraw_file", 1, number=1)
    assert "the log only grows" in platform.decide("withdraw_file", 2, number=2)


# Faults of the platform


def test_a_full_disk_is_said_plainly_and_nothing_is_lost(settings: Settings, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        unavailable("Mounting a small file system needs root.")
    mount = tmp_path / "small"
    mount.mkdir()
    if os.system(f"mount -t tmpfs -o size=4m tmpfs {mount}") != 0:
        unavailable("This machine does not allow mounting a tmpfs.")
    try:
        platform = Platform(settings.model_copy(update={"data_dir": mount / "data"}))
        platform.drop("small.csv", FIRST, modified=1_000)
        platform.drop("big.csv", HEADER + "8,1,1\n" * 300_000, modified=2_000)
        ballast = mount / "ballast"
        ballast.write_bytes(b"x" * 500_000)
        with pytest.raises(
            DiskFull, match=rf"No space left for {mount}/data: .* MiB are free .* Nothing is lost"
        ):
            platform.admit()
        os.system(f"mount -o remount,size=64m {mount}")
        platform.admit()
        assert sorted(platform.table("drops")["name"]) == ["big.csv", "small.csv"]
        assert platform.states() == ["loaded", "loaded"]
        assert reconcile(platform.settings) == []
    finally:
        os.system(f"umount -l {mount}")


def test_an_inbox_that_cannot_be_emptied_is_reported(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.drop("a.csv", FIRST)
    elsewhere = Path("/dev/shm") / f"inbox-{os.getpid()}"
    if not elsewhere.parent.is_dir():
        unavailable("There is no second file system at /dev/shm.")
    elsewhere.mkdir()
    try:
        (elsewhere / "b.csv").write_text(FIRST)
        inboxes = {**platform.door.inboxes, "products": elsewhere}
        door = Door(inboxes=inboxes, identify=platform.door.identify, load=platform.door.load)
        report = admit(settings=platform.settings, as_of=NIGHT, door=door)
        assert [(left.name, left.reason) for left in report.left] == [("b.csv", "other_file_system")]
        assert (elsewhere / "b.csv").exists()
        assert [one.drop.name for one in report.drops] == ["a.csv"]
    finally:
        shutil.rmtree(elsewhere)


def test_stored_bytes_that_vanished_are_a_case_for_quarantine(platform: Platform) -> None:
    platform.drop("a.csv", FIRST)
    platform.admit()
    platform.lake.stored_file(platform.table("drops")["sha256"][0]).unlink()
    assert [finding.kind for finding in reconcile(platform.settings)] == ["bytes_missing"]
    platform.decide("reload_file", 1)
    assert platform.reasons()[0] == "bytes_missing"


def test_what_lies_where_it_does_not_belong_is_found(platform: Platform) -> None:
    platform.drop("a.csv", FIRST)
    platform.admit()
    assert reconcile(platform.settings) == []
    assert accounting(platform.settings) == []
    (platform.lake.inbox / "feeds" / "slaes").mkdir()
    (platform.lake.root / "lake" / "files" / "ab").mkdir()
    (platform.lake.root / "lake" / "files" / "ab" / "abc").touch()
    (platform.lake.quarantine).mkdir()
    (platform.lake.quarantine / "77").touch()
    (platform.lake.claims / "by hand").mkdir()
    (platform.lake.claims / "by hand" / "a.csv").touch()
    assert platform.admit().drops == []
    platform.lake.rows("sales", platform.table("drops")["content_key"][0]).unlink()
    assert {finding.kind for finding in reconcile(platform.settings)} == {
        "no_such_feed",
        "bytes_without_a_drop",
        "claim_without_a_drop",
        "quarantine_without_a_drop",
        "rows_missing",
    }


def _rows(platform: Platform) -> pl.DataFrame:
    loads = platform.table("loads").filter(pl.col("feed") == "sales")
    return pl.concat([pl.read_parquet(platform.lake.rows("sales", key)) for key in loads["content_key"]])
