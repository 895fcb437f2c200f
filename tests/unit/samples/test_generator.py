"""What the generator promises: the same bytes, every feed, markers and times, nothing twice."""

import shutil
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from retail_assets.config import Settings
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.lake import Lake
from retail_assets.samples.generator import SampleConflict, SampleReport, write_day, write_sample


def contents(inbox: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(inbox)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in inbox.rglob("*")
        if path.is_file()
    }


def test_same_seed_and_night_give_the_same_bytes_and_times(inbox: Path, settings: Settings) -> None:
    write_sample(settings=settings)
    assert contents(Lake(settings.data_dir).inbox) == contents(inbox)


def test_another_seed_gives_other_sales(inbox: Path, settings: Settings) -> None:
    write_sample(settings=settings, seed=8)
    name = "feeds/sales/kasse_S01_20261118.csv"
    assert (Lake(settings.data_dir).inbox / name).read_bytes() != (inbox / name).read_bytes()


def test_every_feed_has_files(inbox: Path) -> None:
    feeds = {path.parent.name for path in (inbox / "feeds").rglob("*.done")}
    beside = {path.parent.name for path in inbox.glob("*/*.done")}
    assert feeds | beside == {feed.folder for feed in FEEDS.values()}


def test_a_demo_is_a_few_dozen_files(sample: SampleReport) -> None:
    photos = [path for path in sample.files if path.suffix in (".jpg", ".png")]
    assert 30 <= len(photos) <= 60
    assert 60 <= len(sample.files) - len(photos) <= 90


def test_every_file_has_its_marker_and_was_written_before_the_night(sample: SampleReport) -> None:
    night = datetime(2026, 11, 20, 2, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    times = [path.stat().st_mtime for path in sample.files]
    assert all(path.with_name(path.name + ".done").exists() for path in sample.files)
    assert times == sorted(times)
    assert len(set(times)) == len(times), "the order of the files does not hang on their names"
    assert times[-1] < night


def test_a_second_run_drops_nothing_even_when_the_inbox_was_emptied(settings: Settings) -> None:
    first = write_sample(settings=settings)
    shutil.rmtree(Lake(settings.data_dir).inbox)
    second = write_sample(settings=settings)
    assert second.files == []
    assert second.stories == first.stories
    assert not Lake(settings.data_dir).inbox.exists()


@pytest.mark.parametrize("other", [{"seed": 8}, {"as_of": date(2026, 11, 21)}, {"size": "medium"}])
def test_another_sample_in_the_same_folder_is_refused_with_what_to_do(
    settings: Settings, other: dict
) -> None:
    write_sample(settings=settings)
    with pytest.raises(SampleConflict, match=r"--data-dir.*another folder"):
        write_sample(settings=settings, **other)


def test_nights_continue_the_sample_one_by_one(settings: Settings) -> None:
    with pytest.raises(SampleConflict, match=r"retail_assets\.samples"):
        write_day(settings=settings, day=date(2026, 11, 21))
    write_sample(settings=settings)
    with pytest.raises(SampleConflict, match="next one is 2026-11-21"):
        write_day(settings=settings, day=date(2026, 11, 22))
    shutil.rmtree(Lake(settings.data_dir).inbox)

    added = write_day(settings=settings, day=date(2026, 11, 21))
    assert {path.name for path in added.files if path.parent.parent.name == "feeds"} == {
        "kasse_S01_20261120.csv",
        "tillpoint_S02_20261120.parquet",
        "erp_orders_20261120.json",
        "parcels_20261120.tsv",
        "wms_20261120.csv",
        "erp_purchasing_20261120.json",
        "purchase_events_20261120.csv",
        "returns_desk_20261120.ndjson",
        "marketplace_20261120.csv",
    }
    inbox = Lake(settings.data_dir).inbox
    photos = [path for path in added.files if path.suffix in (".jpg", ".png")]
    assert photos, "the cases of a day come with photos"
    assert all(path.is_relative_to(inbox / "refunds") for path in photos)
    assert write_day(settings=settings, day=date(2026, 11, 21)).files == []
    later = write_day(settings=settings, day=date(2026, 11, 22)).files
    assert len([path for path in later if path.parent.parent.name == "feeds"]) == 9
    wms = (Lake(settings.data_dir).inbox / "feeds/stock_movements/wms_20261120.csv").read_text("latin-1")
    assert "UL-0008-Z|S02|P0005" in wms, "the transfer that was on its way arrives"
