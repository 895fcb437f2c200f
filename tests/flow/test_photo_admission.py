"""Refund photos from the inbox to the ledger, through the real handlers: links to cases, duplicates, decisions."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.decisions.deciding import decide
from retail_assets.decisions.kinds import Decision
from retail_assets.flows import FLOWS, platform_of
from retail_assets.intake import claims
from retail_assets.intake.admission import admit
from retail_assets.intake.handlers import Handlers
from retail_assets.intake.reconcile import Discrepancy, reconcile
from retail_assets.intake.report import AdmissionReport
from retail_assets.platform import Platform
from retail_assets.refunds.photos import admitted_photos
from retail_assets.refunds.settings import RefundSettings
from tests.photos import noise, photo

NIGHT = date(2026, 11, 20)


class Photos:
    """A platform, its inbox for photos, and the short words these tests are written in."""

    def __init__(self, platform: Platform) -> None:
        self.settings = platform.settings
        self.lake = platform.lake
        self.handlers = platform.handlers()
        self.inbox = self.handlers.inboxes["refunds"].path
        self.decisions = 0

    def drop(self, name: str, content: bytes, *, done: bool = True, modified: int = 0) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if modified:
            os.utime(path, (modified, modified))
        if done:
            (path.parent / f"{path.name}.done").touch()
        return path

    def admit(self, as_of: date = NIGHT, *, handlers: Handlers | None = None) -> AdmissionReport:
        handlers = handlers or self.handlers
        return admit(settings=self.settings, handlers=handlers, as_of=as_of, folders=["refunds"])

    def reconcile(self) -> list[Discrepancy]:
        return reconcile(self.settings, self.handlers)

    def decide(self, kind: str, subject: int, as_of: date = NIGHT) -> bool:
        self.decisions += 1
        at = datetime(2026, 11, 20, 9, tzinfo=UTC)
        decision = Decision(f"d{self.decisions}", at, "admin", kind, str(subject))
        return decide(settings=self.settings, handlers=self.handlers, as_of=as_of, decision=decision).accepted

    def ledger(self) -> dict[str, tuple[str, str | None]]:
        drops = pl.read_parquet(self.lake.ledger / "drops.parquet").filter(folder="refunds")
        return {row["name"]: (row["state"], row["reason"]) for row in drops.iter_rows(named=True)}

    def admitted(self, as_of: date = NIGHT) -> list[tuple[str, str | None]]:
        photos = admitted_photos(self.settings, as_of)
        return [*zip(photos["name"], photos["folder_case_id"], strict=True)]


@pytest.fixture
def photos(platform: Platform) -> Photos:
    return Photos(platform)


def test_a_photo_belongs_to_the_case_of_its_folder_and_a_list_is_a_feed(photos: Photos) -> None:
    photos.drop("CASE-7/front.jpg", photo("red", size=(108, 144)), modified=1_000)
    photos.drop("loose.png", photo("blue", kind="PNG"), modified=2_000)
    photos.drop("manifest.csv", b"file_name,case_id\nloose.png,CASE-8\n", modified=3_000)
    report = photos.admit()
    assert report.rows_admitted("refund_manifests") == 1
    assert report.drop_count == 3
    assert report.summary() == [
        "3 refunds/manifest.csv: loaded, 1 rows in refund_manifests.",
        "refunds: 2 loaded: 1 CASE-7/front.jpg, 2 loose.png.",
    ]
    found = admitted_photos(photos.settings, NIGHT)
    assert found.select("sequence", "name", "folder_case_id", "format", "width", "height").rows() == [
        (1, "front.jpg", "CASE-7", "JPEG", 108, 144),
        (2, "loose.png", None, "PNG", 60, 80),
    ]
    assert photos.lake.stored_file(found["sha256"][0]).exists()
    assert admitted_photos(photos.settings, NIGHT + timedelta(1)).is_empty()
    assert photos.reconcile() == []
    assert photos.admit().summary() == ["Nothing was dropped."]


def test_the_same_photo_is_a_duplicate_only_where_it_says_the_same(photos: Photos) -> None:
    photos.drop("CASE-7/a.jpg", photo(), modified=1_000)
    photos.drop("CASE-7/a again.jpg", photo(), modified=2_000)
    photos.drop("CASE-8/a.jpg", photo(), modified=3_000)
    photos.drop("a.jpg", photo(), modified=4_000)
    photos.drop("b.jpg", photo(), modified=5_000)
    photos.admit()
    assert photos.ledger() == {
        "CASE-7/a.jpg": ("loaded", None),
        "CASE-7/a again.jpg": ("duplicate", "same_content"),
        "CASE-8/a.jpg": ("loaded", None),
        "a.jpg": ("loaded", None),
        "b.jpg": ("loaded", None),
    }
    photos.drop("CASE-8/later.jpg", photo())
    photos.admit(NIGHT + timedelta(1))
    assert photos.ledger()["CASE-8/later.jpg"] == ("duplicate", "same_content")
    assert len(list(photos.lake.stored_file("00").parent.parent.glob("*/*"))) == 1


def test_of_unreadable_twins_both_go_to_quarantine(photos: Photos) -> None:
    for name in ("CASE-7/a.jpg", "CASE-7/b.jpg"):
        photos.drop(name, b"no photo")
    report = photos.admit()
    assert set(photos.ledger().values()) == {("quarantined", "not_an_image")}
    [line] = report.summary()
    assert line.startswith(
        "refunds: 2 quarantined (not_an_image): 1 CASE-7/a.jpg, 2 CASE-7/b.jpg. Its first bytes"
    )


def test_a_withdrawn_photo_leaves_its_night_and_a_released_one_comes_back_to_it(photos: Photos) -> None:
    photos.drop("CASE-7/a.jpg", photo("red"), modified=1_000)
    photos.drop("CASE-7/b.jpg", photo("blue"), modified=2_000)
    photos.admit()
    later = NIGHT + timedelta(3)
    assert photos.decide("withdraw_file", 1, as_of=later)
    assert photos.admitted() == [("b.jpg", "CASE-7")]
    assert photos.decide("release_file", 1, as_of=later)
    assert photos.admitted() == [("a.jpg", "CASE-7"), ("b.jpg", "CASE-7")]
    assert photos.admitted(later) == []


def test_a_list_of_photos_is_news_on_another_night(photos: Photos) -> None:
    manifest = b"file_name,case_id\na.jpg,CASE-7\n"
    for number, night in enumerate([NIGHT, NIGHT, NIGHT + timedelta(1)]):
        photos.drop(f"manifest {number}.txt", manifest)
        photos.admit(night)
    assert list(photos.ledger().values()) == [
        ("loaded", None),
        ("duplicate", "same_content"),
        ("loaded", None),
    ]


def test_a_duplicate_that_a_person_releases_counts(photos: Photos) -> None:
    for number, name in enumerate(("CASE-7/a.jpg", "CASE-7/again.jpg")):
        photos.drop(name, photo(), modified=1_000 + number)
    photos.admit()
    assert photos.decide("release_file", 2)
    assert [name for name, _ in photos.admitted()] == ["a.jpg", "again.jpg"]


def test_what_waits_longer_limits_can_be_released(photos: Photos) -> None:
    photos.drop("CASE-7/a.jpg", photo())
    strict = Platform(photos.settings, FLOWS, {RefundSettings: RefundSettings(photo_max_pixels=1_000)})
    photos.admit(handlers=strict.handlers())
    assert photos.ledger() == {"CASE-7/a.jpg": ("quarantined", "too_many_pixels")}
    assert photos.decide("release_file", 1)
    assert photos.admitted() == [("a.jpg", "CASE-7")]


def test_a_growing_photo_waits_and_deeper_folders_are_named(photos: Photos) -> None:
    path = photos.drop("CASE-7/slow.jpg", photo(), done=False)
    (photos.inbox / "CASE-7" / "deeper").mkdir()
    with path.open("ab"), (photos.inbox / os.fsdecode(b"caf\xe9\n.jpg")).open("wb"):
        report = photos.admit()
    (photos.inbox / os.fsdecode(b"caf\xe9\n.jpg")).unlink()
    assert [(one.name, one.reason) for one in report.skipped] == [
        ("caf\\xe9\\n.jpg", "being_written"),
        ("CASE-7/slow.jpg", "being_written"),
        ("CASE-7/deeper", "folder"),
    ]
    photos.admit()
    assert photos.admitted() == [("slow.jpg", "CASE-7")]


def test_an_emptied_folder_of_a_case_is_removed_later(photos: Photos) -> None:
    photos.drop("CASE-7/a.jpg", photo())
    photos.admit()
    assert (photos.inbox / "CASE-7").is_dir(), "its source may be about to put more into it"
    long_ago = datetime.now(UTC).timestamp() - claims.EMPTIED_SECONDS - 60
    os.utime(photos.inbox / "CASE-7", (long_ago, long_ago))
    photos.drop("CASE-8/b.jpg", photo())
    os.utime(photos.inbox / "CASE-8", (long_ago, long_ago))
    photos.admit()
    assert [path.name for path in photos.inbox.iterdir()] == ["CASE-8"]


def test_many_photos_are_a_few_lines_and_a_few_transactions(photos: Photos) -> None:
    content, count = noise((40, 60)), 1_500
    for number in range(count):
        # What follows a JPEG's end does not matter to it, and makes the bytes a content of their own.
        photos.drop(f"CASE-{number // 100}/{number}.jpg", content + b"%d" % number, done=False)
    (photos.inbox / "CASE-3" / "349.jpg").write_bytes(content[: len(content) // 2])
    report = photos.admit()
    assert report.drop_count == count
    assert report.drops == []
    assert [(tally.state, tally.reason, tally.count) for tally in report.tallies] == [
        ("loaded", None, count - 1),
        ("quarantined", "truncated", 1),
    ]
    assert len(report.summary()) == 2
    assert len(report.files("refunds")) == 2
    assert admitted_photos(photos.settings, NIGHT).height == count - 1
    assert photos.reconcile() == []


def test_on_postgres_everything_is_the_same(settings: Settings, postgres_url: str) -> None:
    photos = Photos(platform_of(settings.model_copy(update={"platform_url": postgres_url})))
    photos.drop("CASE-7/a.jpg", photo(), modified=1_000)
    photos.drop("CASE-7/again.jpg", photo(), modified=2_000)
    photos.drop("broken.jpg", b"text", modified=3_000)
    photos.admit()
    assert [state for state, _ in photos.ledger().values()] == ["loaded", "duplicate", "quarantined"]
    assert photos.admitted() == [("a.jpg", "CASE-7")]
    assert photos.reconcile() == []
