"""What an admission says of itself: the table of a folder's files in the UI, and the lines of the log."""

import io
import json

import openpyxl
import pytest

from retail_assets.intake.report import SKIPPED_NAMED, FileLine
from retail_assets.platform import Platform
from tests.archives import zipped
from tests.photos import photo
from tests.plain_platform import HEADER, PlainPlatform

EVENTS = "event_id,order_kind,order_id,at,status\n"


@pytest.fixture
def real(platform: Platform) -> PlainPlatform:
    return PlainPlatform(platform.settings, platform.handlers())


def test_each_file_has_a_line_with_its_records_what_was_rejected_and_why(real: PlainPlatform) -> None:
    rows = [
        "1,sales,A,2026-11-20T10:00:00Z,paid",
        "2,sales,A,2026-11-20T10:00:00Z,no such status",
        "3,sales,A,some day,paid",
        "5,sales,A,2026-11-20T10:00:00Z,paid",
    ]
    real.drop("some bad.csv", EVENTS + "\n".join(rows) + "\n", folder="order_events", modified=1_000)
    real.drop(
        "good.csv", EVENTS + "4,sales,A,2026-11-20T10:00:00Z,paid\n", folder="order_events", modified=2_000
    )
    real.drop(
        "good again.csv",
        EVENTS + "4,sales,A,2026-11-20T10:00:00Z,paid\n",
        folder="order_events",
        modified=3_000,
    )
    real.drop("empty.csv", "", folder="order_events", modified=4_000)
    real.drop("elsewhere.csv", "store_id,name\nS1,One\n", folder="stores", modified=5_000)
    slow = real.drop("slow.csv", EVENTS, folder="order_events", done=False)
    with slow.open("a"):
        report = real.admit()
    lines = report.files("order_events")
    assert [
        (line.drop, line.file, line.state, line.records, line.rejected, line.reason) for line in lines
    ] == [
        (1, "some bad.csv", "loaded", 4, 2, ""),
        (2, "good.csv", "loaded", 1, None, ""),
        (3, "good again.csv", "duplicate", None, None, "same_content"),
        (4, "empty.csv", "quarantined", None, None, "empty"),
        (None, "slow.csv", "left in the inbox", None, None, "being_written"),
    ]
    assert [line.message for line in lines[2:]] == [
        "The same content came as drop 2, and nothing newer replaced it. Nothing to do.",
        lines[3].message,
        "A process still has it open for writing.",
    ]
    assert "expected" in lines[3].message
    assert [line.file for line in report.files("stores")] == ["elsewhere.csv"]
    assert report.files("products") == []
    assert report.summary()[0] == "1 order_events/some bad.csv: loaded, 2 rows in order_events, 2 rejected."
    assert report.states() == {"loaded": 3, "duplicate": 1, "quarantined": 1}


def test_files_that_come_by_the_thousand_are_a_line_for_each_end(real: PlainPlatform) -> None:
    for number in range(7):
        real.drop(f"{number}.jpg", photo() + b"%d" % number, folder="refunds", modified=1_000 + number)
    real.drop("text.jpg", "no photo", folder="refunds", modified=2_000)
    real.drop("list.csv", "file_name,case_id\n1.jpg,C-1\n", folder="refunds", modified=3_000)
    lines = real.admit().files("refunds")
    assert lines[0] == FileLine(9, "list.csv", "loaded", 1, None, "", "")
    assert [(line.file, line.state, line.reason) for line in lines[1:]] == [
        ("7 files: 1 0.jpg, 2 1.jpg, 3 2.jpg, 4 3.jpg, 5 4.jpg, …", "loaded", ""),
        ("1 files: 8 text.jpg", "quarantined", "not_an_image"),
    ]


def test_of_many_files_left_behind_some_are_named_and_the_others_counted(plain: PlainPlatform) -> None:
    for number in range(SKIPPED_NAMED + 5):
        (plain.handlers.inboxes["sales"].path / f"folder {number:02}").mkdir()
    report = plain.admit()
    lines = report.files("sales")
    assert [line.file for line in lines[:2]] == ["folder 00", "folder 01"]
    assert len(lines) == SKIPPED_NAMED + 1
    assert lines[-1].file == "sales: 5 more left in the inbox (folder)."
    assert len(report.summary()) == SKIPPED_NAMED + 1


def test_an_archive_is_a_line_and_each_of_its_parts_is_one(plain: PlainPlatform) -> None:
    plain.drop("x.zip", zipped({"a.csv": HEADER + "1,1,1\n", "../b.csv": "x", "c.csv": "broken"}))
    lines = plain.admit().files("sales")
    assert [(line.file, line.state, line.records, line.rejected, line.reason) for line in lines] == [
        ("x.zip", "loaded", 3, 1, ""),
        ("a.csv", "loaded", 1, None, ""),
        ("c.csv", "quarantined", None, None, "broken"),
    ]


def test_sheets_that_nobody_asked_for_are_named_and_several_of_one_kind_refused(real: PlainPlatform) -> None:
    def workbook(title: str, rows: list[list]) -> bytes:
        book, stream = openpyxl.Workbook(), io.BytesIO()
        for row in [["store_id", "name"], ["S1", "One"]]:
            book.worksheets[0].append(row)
        other = book.create_sheet(title)
        for row in rows:
            other.append(row)
        book.save(stream)
        return stream.getvalue()

    real.drop("noted.xlsx", workbook("Notes", [["Dear all"]]), folder="stores", modified=1_000)
    real.drop(
        "two.xlsx", workbook("More", [["store_id", "name"], ["S2", "Two"]]), folder="stores", modified=2_000
    )
    lists = {"page1": [{"store_id": "S1", "name": "One"}], "page2": [{"store_id": "S2", "name": "Two"}]}
    real.drop("two.json", json.dumps(lists), folder="stores", modified=3_000)
    report = real.admit()
    noted, *refused = report.files("stores")
    assert noted.message == "not read: the sheet Notes (1 rows)"
    assert report.summary()[0].endswith("1 rows in stores; not read: the sheet Notes (1 rows).")
    assert [(line.state, line.reason) for line in refused] == [
        ("quarantined", "several_sheets"),
        ("quarantined", "several_lists"),
    ]
