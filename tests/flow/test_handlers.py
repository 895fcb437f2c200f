"""Several kinds of drops in one platform: each in folders of its own, each read by its own handler."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from retail_assets.config import Settings
from retail_assets.errors import Unreadable
from retail_assets.intake.handlers import Batch, Handler, Handlers, Identity, Inbox, OneByOne, Outcome
from retail_assets.intake.ledger_tables import Drop
from retail_assets.platform import Platform
from tests.archives import zipped
from tests.plain_platform import FIRST, PlainPlatform


class Readers:
    """What each handler was given to read."""

    def __init__(self) -> None:
        self.read: dict[str, list[str]] = {}

    def batch(self, name: str) -> Batch:
        def load(stored: Sequence[Path]) -> Iterable[Outcome | Unreadable]:
            self.read.setdefault(name, []).extend(path.read_text() for path in stored)
            return [Outcome(metadata={"letters": path.stat().st_size}) for path in stored]

        return Batch(load)

    def one_by_one(self, name: str) -> OneByOne:
        def load(stored: Path, drop: Drop, identity: Identity) -> Outcome:
            self.read.setdefault(name, []).append(stored.read_text())
            return Outcome(records=1)

        return OneByOne(load)


def _identify(source: str) -> Callable[[Drop], Identity]:
    def identify(drop: Drop) -> Identity:
        key = hashlib.sha256(f"{source} {drop.folder} {drop.sha256}".encode()).hexdigest()[:32]
        return Identity(source, "1", {}, key)

    return identify


def _ends_with(suffix: str) -> Callable[[str, str], bool]:
    return lambda folder, name: name.endswith(suffix)


@pytest.fixture
def readers() -> Readers:
    return Readers()


@pytest.fixture
def office(platform: Platform, readers: Readers) -> PlainPlatform:
    """The platform of all flows, and three kinds of drops beside theirs."""
    inbox = platform.lake.inbox
    handlers = [
        *platform.handlers().all,
        Handler(
            "bills",
            "Bills of suppliers.",
            readers.batch("bills"),
            _identify("invoice"),
            inboxes=(Inbox("bills", inbox / "bills"),),
            takes=_ends_with(".pdf"),
        ),
        Handler(
            "scans",
            "Scanned letters, in a folder per day.",
            readers.batch("scans"),
            _identify("scan"),
            inboxes=(
                Inbox("scans", inbox / "office" / "scans", levels=1),
                Inbox("bills", inbox / "bills"),
            ),
            takes=_ends_with(".tif"),
        ),
        Handler(
            "letters",
            "Letters as text.",
            readers.one_by_one("letters"),
            _identify("letter"),
            inboxes=(Inbox("scans", inbox / "office" / "scans"), Inbox("letters", inbox / "letters")),
            takes=_ends_with(".txt"),
            holds=lambda folder, name: "Its sender is unknown." if "unknown" in name else None,
        ),
    ]
    return PlainPlatform(platform.settings, Handlers(handlers))


def test_each_folder_is_watched_and_each_file_goes_to_its_own_handler(
    office: PlainPlatform, readers: Readers
) -> None:
    dropped = [
        ("bills", "a.pdf", "bills"),
        ("bills", "b.tif", "scans"),
        ("scans", "monday/c.tif", "scans"),
        ("scans", "d.tif", "scans"),
        ("scans", "monday/e.txt", "letters"),
        ("letters", "f.txt", "letters"),
    ]
    for number, (folder, name, _) in enumerate(dropped):
        office.drop(name, name, folder=folder, modified=1_000 + number)
    report = office.admit()
    assert readers.read == {
        "bills": ["a.pdf"],
        "scans": ["b.tif", "monday/c.tif", "d.tif"],
        "letters": ["monday/e.txt", "f.txt"],
    }
    assert office.table("drops").select("folder", "name").rows() == [
        (folder, name) for folder, name, _ in dropped
    ]
    assert office.states() == ["loaded"] * 6
    assert report.drop_count == 6
    assert [one.drop.name for one in report.drops] == ["monday/e.txt", "f.txt"]
    assert sorted((tally.folder, tally.count) for tally in report.tallies) == [("bills", 2), ("scans", 2)]
    assert [path for path in office.lake.inbox.rglob("*") if path.is_file()] == []
    assert office.discrepancies() == []


def test_a_folder_of_one_handler_can_be_admitted_alone(office: PlainPlatform, readers: Readers) -> None:
    office.drop("a.pdf", "a", folder="bills")
    office.drop("f.txt", "f", folder="letters")
    office.admit(folders=["bills"])
    assert readers.read == {"bills": ["a"]}
    assert office.inbox() == ["f.txt", "f.txt.done"]


def test_a_file_that_nobody_takes_is_quarantined_until_somebody_does(
    office: PlainPlatform, readers: Readers
) -> None:
    office.drop("notes.doc", "x", folder="letters")
    office.drop("a.txt", "a", folder="bills")
    office.admit()
    drops = office.table("drops").sort("name")
    assert drops.select("name", "state", "reason").rows() == [
        ("a.txt", "quarantined", "no_handler"),
        ("notes.doc", "quarantined", "no_handler"),
    ]
    assert "files like notes.doc in letters" in drops["message"][1]
    brought = Handler(
        "documents",
        "Word processing.",
        readers.batch("documents"),
        _identify("document"),
        inboxes=(office.handlers.inboxes["letters"],),
        takes=_ends_with(".doc"),
    )
    office.handlers = Handlers([*office.handlers.all, brought])
    [sequence] = drops.filter(name="notes.doc")["sequence"]
    assert office.decide("release_file", sequence).accepted
    assert readers.read == {"documents": ["x"]}


def test_what_a_handler_holds_back_stays_and_says_why(office: PlainPlatform) -> None:
    office.drop("unknown.txt", "x", folder="letters")
    report = office.admit()
    assert [(one.name, one.reason, one.message) for one in report.skipped] == [
        ("unknown.txt", "held_back", "Its sender is unknown.")
    ]
    assert office.inbox() == ["unknown.txt", "unknown.txt.done"]
    assert [line.reason for line in report.files("letters")] == ["held_back"]


def test_an_archive_in_any_folder_is_taken_apart_for_that_folders_handlers(
    office: PlainPlatform, readers: Readers
) -> None:
    office.drop("week.zip", zipped({"a.pdf": "a", "b.tif": "b", "c.txt": "c"}), folder="bills")
    office.admit()
    assert readers.read == {"bills": ["a"], "scans": ["b"]}
    assert office.table("drops").select("name", "reason").rows() == [
        ("week.zip", None),
        ("a.pdf", None),
        ("b.tif", None),
        ("c.txt", "no_handler"),
    ]


def test_a_file_is_a_duplicate_within_its_folder_and_handler(office: PlainPlatform, readers: Readers) -> None:
    for folder, name in (
        ("bills", "a.tif"),
        ("bills", "b.tif"),
        ("scans", "a.tif"),
        ("scans", "a.txt"),
    ):
        office.drop(name, "the same", folder=folder)
        office.admit()
    assert office.states() == ["loaded", "duplicate", "loaded", "loaded"]
    assert readers.read == {"scans": ["the same"] * 2, "letters": ["the same"]}


def test_a_handler_that_takes_everything_is_asked_in_its_turn(settings: Settings, readers: Readers) -> None:
    inbox = Inbox("things", settings.data_dir / "inbox" / "things")
    first = Handler(
        "first", "Some.", readers.batch("first"), _identify("1"), (inbox,), takes=_ends_with(".csv")
    )
    rest = Handler("rest", "The rest.", readers.batch("rest"), _identify("2"), (inbox,))
    plain = PlainPlatform(settings, Handlers([first, rest]))
    plain.drop("a.csv", FIRST, folder="things")
    plain.drop("b.bin", "b", folder="things")
    plain.admit(folders=["things"])
    assert readers.read == {"first": [FIRST], "rest": ["b"]}
