"""Real runs: photos in the inbox become rows of refund_item_predictions, whatever happens between two runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.feeds.assets import feed_assets
from retail_assets.feeds.decisions.deciding import decide
from retail_assets.initialise import create_platform_database
from retail_assets.lake import Lake
from retail_assets.partitions import nights
from retail_assets.refunds.assets import BACKFILL_TAG, refund_assets
from retail_assets.refunds.tables import REFUND_ITEM_PREDICTIONS
from retail_assets.warehouse.sources import land_empty_tables
from tests.photos import photo
from tests.refund_photos import NIGHT, FakeModel

FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36))


class Platform:
    """The feeds and the refund flow of one platform, with a classifier that needs no model."""

    def __init__(self, settings: Settings, model: FakeModel) -> None:
        self.settings, self.model = settings, model
        self.lake = Lake(settings.data_dir)
        self.instance = dg.DagsterInstance.ephemeral()
        create_platform_database(settings)
        land_empty_tables(self.lake)

    def drop(self, name: str, colour: str) -> None:
        path = self.lake.inbox / "refunds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo(colour))
        Path(f"{path}.done").touch()

    def run(self, *, tags: dict[str, str] | None = None, **options: Any) -> dg.ExecuteInProcessResult:
        partitions = nights(self.settings.time_zone)
        wiring = {"settings": self.settings, "partitions": partitions, "freshness": FRESH}
        result = dg.materialize(
            [feed_assets(**wiring), *refund_assets(**wiring, resolve=lambda _: self.model.resolve())],
            partition_key=NIGHT.isoformat(),
            instance=self.instance,
            tags=tags,
            **options,
        )
        assert result.success
        return result

    def predictions(self) -> pl.DataFrame:
        return REFUND_ITEM_PREDICTIONS.read(self.lake, NIGHT.isoformat())


@pytest.fixture
def platform(settings: Settings) -> Platform:
    return Platform(settings, FakeModel())


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    [event] = result.asset_materializations_for_node(REFUND_ITEM_PREDICTIONS.name)
    return {key: value.value for key, value in event.metadata.items()}


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {found.check_name: found.passed for found in result.get_asset_check_evaluations()}


def test_photos_are_scored_once_and_shown(platform: Platform) -> None:
    platform.drop("C1/photo.jpg", "red")
    platform.drop("loose.jpg", "green")
    first = platform.run()
    told = metadata(first)
    assert (told["photos"], told["scored"], told["model"]) == (2, 2, "refund-item-classifier 1 (registry)")
    assert told["contact_sheet"].startswith("![2 of 2 photos](data:image/png;base64,")
    assert told["confidence"].startswith("![confidence]")
    assert all(checks(first).values())

    second = platform.run()
    told = metadata(second)
    assert (told["photos"], told["scored"], "model" in told, "contact_sheet" in told) == (2, 0, False, False)
    assert platform.model.resolved == 1


def test_a_backfill_lets_the_champion_score_again(platform: Platform) -> None:
    platform.drop("a.jpg", "red")
    platform.run()
    platform.model = FakeModel("2")
    platform.run()
    assert platform.predictions()["model_version"].to_list() == ["1"], "a new champion scores what is new"
    platform.run(tags={BACKFILL_TAG: "a-backfill"})
    assert platform.predictions()["model_version"].to_list() == ["2"]

    platform.model = FakeModel("3")
    again = {"ops": {REFUND_ITEM_PREDICTIONS.name: {"config": {"score_again": True}}}}
    platform.run(run_config=again)
    assert platform.predictions()["model_version"].to_list() == ["3"]


RELABELS = [
    ("1", "Belts", True, "Photo 1 (C1/photo.jpg) shows Belts."),
    ("1", "outside", True, "shows outside"),
    ("1", "Gloves", False, "found Gloves"),
    ("2", "Belts", False, "is no photo of a returned item"),
    ("9", "Belts", False, "There is no file with sequence number 9"),
]


def test_a_relabel_names_a_photo_and_a_class(platform: Platform) -> None:
    platform.drop("C1/photo.jpg", "red")
    stores = platform.lake.feed_inbox("stores")
    stores.mkdir(parents=True)
    (stores / "stores.csv").write_text("store_id,name\nS1,One\n")
    (stores / "stores.csv.done").touch()
    platform.run()
    for subject, verdict, accepted, said in RELABELS:
        entry = decide(
            settings=platform.settings.model_copy(update={"roles": {"rae": ["reviewer"]}}),
            as_of=NIGHT,
            decision_id=f"{subject}-{verdict}",
            at=datetime(2026, 11, 20, 9, tzinfo=UTC),
            actor="rae",
            kind="relabel_item",
            subject=subject,
            verdict=verdict,
        )
        assert entry.accepted is accepted
        assert said in entry.message
