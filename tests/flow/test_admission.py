"""From the inbox to the ledger: when a file is taken, and what it leaves behind."""

import threading
import time

from retail_assets.config import Settings
from retail_assets.intake.reconcile import accounting
from tests.plain_platform import FIRST, HEADER, NIGHT, PlainPlatform


def test_a_file_becomes_rows_and_leaves_the_inbox(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    report = plain.admit()
    assert plain.inbox() == []
    assert not list(plain.lake.claims.iterdir())
    assert report.rows_admitted("sales") == 2
    [drop] = plain.table("drops").to_dicts()
    assert plain.lake.rows("sales", drop["content_key"]).exists()
    assert (drop["state"], drop["partition"], drop["name"], drop["records"]) == ("loaded", NIGHT, "a.csv", 2)
    assert plain.lake.stored_file(drop["sha256"]).read_text() == FIRST
    assert report.summary() == ["1 sales/a.csv: loaded, 2 rows in sales."]
    assert [line.file for line in report.files("sales")] == ["a.csv"]
    assert plain.admit().summary() == ["Nothing was dropped."]


def test_files_found_together_are_numbered_by_time_then_name_over_all_folders(plain: PlainPlatform) -> None:
    plain.drop("b.csv", HEADER + "b,1,1\n", modified=2_000)
    plain.drop("a.csv", HEADER + "a,1,1\n", modified=2_000)
    plain.drop("z.csv", "product_id\np\n", folder="products", modified=1_000)
    plain.drop("c.csv", HEADER + "c,1,1\n", modified=3_000)
    plain.admit()
    assert plain.table("drops")["name"].to_list() == ["z.csv", "a.csv", "b.csv", "c.csv"]


def test_without_a_marker_a_file_is_taken_after_two_equal_looks(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST, done=False)
    assert plain.admit().drops[0].drop.state == "loaded"


def test_a_growing_file_is_not_taken(plain: PlainPlatform) -> None:
    path = plain.drop("grows.csv", FIRST, done=False)
    stop = threading.Event()

    def grow() -> None:
        while not stop.is_set():
            with path.open("a") as handle:
                handle.write("2,1,1\n")
            time.sleep(0.005)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        report = plain.admit()
    finally:
        stop.set()
        writer.join()
    assert [(one.name, one.reason) for one in report.skipped] == [("grows.csv", "not_settled")]
    assert plain.inbox() == ["grows.csv"]
    assert plain.admit().drops[0].drop.state == "loaded"


def test_a_file_that_is_still_open_is_not_taken(plain: PlainPlatform) -> None:
    path = plain.drop("slow.csv", FIRST, done=False)
    with path.open("a"):
        assert [one.reason for one in plain.admit().skipped] == ["being_written"]
    assert plain.admit().drops[0].drop.state == "loaded"


def test_markers_need_no_pause(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    slow = plain.settings.model_copy(update={"settle_seconds": 3_600.0})
    assert len(plain.admit(settings=slow).drops) == 1


def test_only_the_folders_asked_for_and_decisions_are_taken(plain: PlainPlatform) -> None:
    plain.drop("a.csv", FIRST)
    plain.drop("p.csv", "product_id\np\n", folder="products")
    assert [one.drop.folder for one in plain.admit(folders=["products"]).drops] == ["products"]
    assert plain.inbox() == ["a.csv", "a.csv.done"]


def test_unfinished_transfers_and_folders_stay(plain: PlainPlatform) -> None:
    for name in (".hidden.csv", "a.csv.part", "b.csv.tmp", "c.csv.filepart"):
        plain.drop(name, FIRST, done=False)
    (plain.handlers.inboxes["sales"].path / "folder").mkdir()
    report = plain.admit()
    assert report.drops == []
    assert [one.reason for one in report.skipped] == ["folder"]
    assert len(plain.inbox()) == 5


def test_a_folder_beside_a_file_is_no_marker(plain: PlainPlatform) -> None:
    path = plain.drop("a.csv", FIRST, done=False)
    path.with_name("a.csv.done").mkdir()
    assert [one.drop.state for one in plain.admit().drops] == ["loaded"]


def test_on_postgres_everything_is_the_same(settings: Settings, postgres_url: str) -> None:
    plain = PlainPlatform(settings.model_copy(update={"platform_url": postgres_url}))
    plain.drop("a.csv", FIRST, modified=1_000)
    plain.drop("b.csv", FIRST, modified=2_000)
    plain.drop("c.csv", "broken\n", modified=3_000)
    (plain.handlers.inboxes["sales"].path / "link.csv").symlink_to("/etc/hostname")
    plain.admit()
    assert plain.decide("withdraw_file", 1, number=1, reason="a \0 in it").accepted
    assert not plain.decide("withdraw_file", 1, number=2, actor="stranger").accepted
    assert plain.states() == ["withdrawn", "loaded", "quarantined", "quarantined", "loaded", "loaded"]
    assert plain.table("decisions")["reason"].to_list() == ["a \ufffd in it", None]
    assert not (settings.data_dir / "platform.db").exists()
    assert plain.discrepancies() == accounting(plain.settings) == []


def test_many_small_files_are_quick(plain: PlainPlatform) -> None:
    for number in range(300):
        plain.drop(f"{number}.csv", HEADER + f"{number},1,1\n")
    started = time.monotonic()
    assert plain.admit().rows_admitted("sales") == 300
    assert time.monotonic() - started < 30
    assert plain.states() == ["loaded"] * 300
