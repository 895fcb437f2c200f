"""What the generator promises: the same bytes, every feed, markers and times, nothing twice."""

import shutil
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from retail_assets.flows import platform_of
from retail_assets.platform import Flow, Platform
from retail_assets.samples.flows.refund_photos import DRAWN, SENT_INSTEAD
from retail_assets.samples.generator import (
    SampleConflict,
    SampleReport,
    write_day,
    write_morning,
    write_sample,
)
from retail_assets.samples.truth import read_truth
from tests.conftest import settings_of


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {name: content for name, (content, _) in contents(folder).items()}


def test_same_seed_and_night_give_the_same_bytes_and_times(
    inbox: Path, sampled: Platform, platform: Platform
) -> None:
    write_sample(platform)
    assert contents(platform.lake.inbox) == contents(inbox)
    assert bytes_of(platform.lake.sample_truth) == bytes_of(sampled.lake.sample_truth)
    assert bytes_of(platform.lake.sources) == bytes_of(sampled.lake.sources)


def test_a_write_that_died_is_written_again_with_the_same_bytes(
    inbox: Path, sampled: Platform, written: Platform
) -> None:
    (written.lake.root / "sample.json").unlink()
    shutil.rmtree(written.lake.inbox / "feeds" / "sales")
    shutil.rmtree(written.lake.sample_truth / "refunds")
    write_sample(written)
    assert contents(written.lake.inbox) == contents(inbox)
    assert bytes_of(written.lake.sample_truth) == bytes_of(sampled.lake.sample_truth)


def test_a_day_more_is_the_same_day_each_time(sampled: Platform, written: Platform, tmp_path: Path) -> None:
    other = platform_of(settings_of(tmp_path / "other"))
    shutil.copytree(sampled.lake.root, other.lake.root)
    for each in (written, other):
        write_day(each, day=date(2026, 11, 21))
    assert contents(written.lake.inbox) == contents(other.lake.inbox)
    assert bytes_of(written.lake.sample_truth) == bytes_of(other.lake.sample_truth)


def test_the_truth_lies_where_nothing_is_admitted_from(sample: SampleReport, sampled: Platform) -> None:
    lake = sampled.lake
    watched = [inbox.path for inbox in sampled.handlers().inboxes.values()]
    assert lake.sample_truth.is_relative_to(lake.root / "sample")
    assert not any(path.is_relative_to(lake.sample_truth) for path in [lake.inbox, *watched])
    assert not any(lake.sample_truth.is_relative_to(path) for path in [lake.inbox, *watched])
    kept = {path.stem for path in lake.sample_truth.rglob("*.parquet")}
    assert kept == {"2026-11-20"}, "one file for each thing and night"
    assert not [path for path in lake.inbox.rglob("*") if path.suffix == ".parquet" and path.stem in kept]


def test_every_flow_that_knows_the_truth_keeps_it(sample: SampleReport, sampled: Platform) -> None:
    keeping = {path.name for path in sampled.lake.sample_truth.iterdir()}
    assert keeping == {flow.name for flow in sampled.flows if flow.truth and flow.samples}


def test_the_truth_is_about_files_that_were_dropped(sample: SampleReport, sampled: Platform) -> None:
    lake = sampled.lake
    photos = read_truth(lake, "refunds/photos")
    dropped = {path.name for path in (lake.inbox / "refunds").rglob("*")}
    assert set(photos["file_name"]) <= dropped
    assert set(photos["label"]) <= set(DRAWN.values()) | {SENT_INSTEAD}
    assert photos["is_swapped"].sum() > 0
    spoilt = read_truth(lake, "intake/files")
    files = {(path.parent.name, path.name) for path in sample.files}
    assert set(spoilt.select("folder", "name").rows()) <= files


def test_a_day_more_adds_to_the_truth_and_leaves_the_rest(written: Platform) -> None:
    before = bytes_of(written.lake.sample_truth)
    write_day(written, day=date(2026, 11, 21))
    after = bytes_of(written.lake.sample_truth)
    assert {name: after[name] for name in before} == before
    assert {"sales/store_days/2026-11-21.parquet", "refunds/photos/2026-11-21.parquet"} <= after.keys()
    sold = read_truth(written.lake, "sales/store_days")
    assert not sold.select("store_id", "business_date").is_duplicated().any()


def test_another_seed_gives_other_sales(inbox: Path, platform: Platform) -> None:
    write_sample(platform, seed=8)
    name = "feeds/sales/kasse_S01_20261118.csv"
    assert (platform.lake.inbox / name).read_bytes() != (inbox / name).read_bytes()


def test_every_feed_has_files(inbox: Path, platform: Platform) -> None:
    feeds = {path.parent.name for path in (inbox / "feeds").rglob("*.done")}
    beside = {path.parent.name for path in inbox.glob("*/*.done")}
    assert feeds | beside == {feed.folder for feed in platform.feeds.values()} | {"invoices"}


def test_a_demo_is_a_few_dozen_files(sample: SampleReport) -> None:
    photos = [path for path in sample.files if path.suffix in (".jpg", ".png")]
    assert 30 <= len(photos) <= 60
    assert 60 <= len(sample.files) - len(photos) <= 110


def test_every_file_has_its_marker_and_was_written_before_the_night(sample: SampleReport) -> None:
    night = datetime(2026, 11, 20, 2, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    times = [path.stat().st_mtime for path in sample.files]
    assert all(path.with_name(path.name + ".done").exists() for path in sample.files)
    assert times == sorted(times)
    assert len(set(times)) == len(times), "the order of the files does not hang on their names"
    assert times[-1] < night


def test_a_second_run_drops_nothing_even_when_the_inbox_was_emptied(
    sample: SampleReport, written: Platform
) -> None:
    shutil.rmtree(written.lake.inbox)
    second = write_sample(written)
    assert second.files == []
    assert second.stories == sample.stories
    assert not written.lake.inbox.exists()


def test_a_flow_that_came_after_the_sample_is_told_what_its_own_needs(written: Platform) -> None:
    assert write_sample(written).warning is None
    more = Platform(written.settings, (*written.flows, Flow("gates", "Visitors.", samples=("any:writer",))))
    second = write_sample(more)
    assert (second.files, second.left_out) == ([], ["gates"])
    assert second.warning == (
        "The sample is already there, without that of gates: a new flow's sample needs another RETAIL_DATA_DIR and "
        "DAGSTER_HOME."
    )


@pytest.mark.parametrize("other", [{"seed": 8}, {"as_of": date(2026, 11, 21)}, {"size": "medium"}])
def test_another_sample_in_the_same_folder_is_refused_with_what_to_do(written: Platform, other: dict) -> None:
    with pytest.raises(SampleConflict, match=r"--data-dir.*another folder"):
        write_sample(written, **other)


def test_a_day_more_of_no_sample_is_refused(platform: Platform) -> None:
    with pytest.raises(SampleConflict, match=r"retail_assets\.samples"):
        write_day(platform, day=date(2026, 11, 21))


def test_the_morning_comes_once(written: Platform) -> None:
    [decisions] = write_morning(written)
    assert decisions == written.lake.inbox / "decisions" / "decisions_20261120_morning.csv"
    assert decisions.with_name(decisions.name + ".done").exists()
    assert write_morning(written) == []
    assert decisions not in write_day(written, day=date(2026, 11, 21)).files


def test_nights_continue_the_sample_one_by_one(written: Platform) -> None:
    with pytest.raises(SampleConflict, match="next one is 2026-11-21"):
        write_day(written, day=date(2026, 11, 22))
    shutil.rmtree(written.lake.inbox)

    added = write_day(written, day=date(2026, 11, 21))
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
        "return_events_20261120.csv",
        "return_notes_20261120.csv",
        "return_documents_20261120.csv",
    }
    inbox = written.lake.inbox
    assert [path.name for path in added.files if path.parent == inbox / "decisions"] == [
        "decisions_20261120_morning.csv"
    ], "nobody asked for the morning before"
    photos = [path for path in added.files if path.suffix in (".jpg", ".png")]
    assert photos, "the cases of a day come with photos"
    assert all(path.is_relative_to(inbox / "refunds") for path in photos)
    assert write_day(written, day=date(2026, 11, 21)).files == []
    later = write_day(written, day=date(2026, 11, 22)).files
    assert len([path for path in later if path.parent.parent.name == "feeds"]) == 12
    wms = (written.lake.inbox / "feeds/stock_movements/wms_20261120.csv").read_text("latin-1")
    assert "UL-0008-Z|S02|P0005" in wms, "the transfer that was on its way arrives"
