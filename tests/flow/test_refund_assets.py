"""Real runs: photos in the inbox become rows of refund_item_predictions, whatever happens between two runs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.dagster_kit.wiring import BACKFILL_TAG
from retail_assets.decisions.deciding import Entry, decide
from retail_assets.decisions.kinds import Decision
from retail_assets.feeds.assets import definitions as feed_definitions
from retail_assets.flows import platform_of
from retail_assets.refunds.assets import definitions as refund_definitions
from retail_assets.refunds.tables import REFUND_IMAGES, REFUND_ITEM_PREDICTIONS
from retail_assets.warehouse.sources import land_empty_tables
from tests.photos import photo
from tests.refund_photos import NIGHT, FakeModel

NEXT = NIGHT + timedelta(days=1)
ROLES = {"rae": ["reviewer"], "admin": ["administrator"]}


class Flow:
    """Admission and the refund flow of one platform, with a classifier that needs no model."""

    def __init__(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        self.platform = platform_of(settings.model_copy(update={"roles": ROLES}))
        self.instance, self.model = instance, FakeModel()
        refunds = refund_definitions(self.platform, resolve=lambda _: self.model.resolve())
        definitions = dg.Definitions.merge(feed_definitions(self.platform), refunds)
        self.job = definitions.resolve_implicit_global_asset_job_def()
        land_empty_tables(self.platform)

    def drop(self, name: str, content: bytes, *, inbox: str = "refunds") -> None:
        path = self.platform.lake.inbox / inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        Path(f"{path}.done").touch()

    def run(self, night: date = NIGHT, **options: Any) -> dg.ExecuteInProcessResult:
        result = self.job.execute_in_process(
            partition_key=night.isoformat(), instance=self.instance, **options
        )
        assert result.success
        return result

    def decide(self, actor: str, kind: str, subject: str, verdict: str | None = None) -> Entry:
        at = datetime(2026, 11, 20, 9, tzinfo=UTC)
        decision = Decision(f"{kind}-{subject}-{verdict}", at, actor, kind, subject, verdict)
        handlers = self.platform.handlers()
        return decide(settings=self.platform.settings, handlers=handlers, as_of=NIGHT, decision=decision)

    def predictions(self) -> pl.DataFrame:
        return REFUND_ITEM_PREDICTIONS.read(self.platform.lake, NIGHT.isoformat())


@pytest.fixture
def flow(settings: Settings) -> Iterator[Flow]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Flow(settings, instance)


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    [event] = result.asset_materializations_for_node(REFUND_ITEM_PREDICTIONS.name)
    return {key: value.value for key, value in event.metadata.items()}


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {found.check_name: found.passed for found in result.get_asset_check_evaluations()}


def test_photos_are_scored_once_and_shown(flow: Flow) -> None:
    flow.drop("C1/photo.jpg", photo("red"))
    flow.drop("loose.jpg", photo("green"))
    first = flow.run()
    told = metadata(first)
    assert (told["photos"], told["scored"], told["model"]) == (2, 2, "refund-item-classifier 1 (registry)")
    assert told["contact_sheet"].startswith("![2 of 2 photos](data:image/png;base64,")
    assert told["confidence"].startswith("![confidence]")
    assert all(checks(first).values())

    second = flow.run()
    told = metadata(second)
    assert (told["photos"], told["scored"], "model" in told, "contact_sheet" in told) == (2, 0, False, False)
    assert flow.model.resolved == 1


def test_a_backfill_lets_the_champion_score_again(flow: Flow) -> None:
    flow.drop("a.jpg", photo("red"))
    flow.run()
    flow.model = FakeModel("2")
    flow.run()
    assert flow.predictions()["model_version"].to_list() == ["1"], "a new champion scores what is new"
    flow.run(tags={BACKFILL_TAG: "a-backfill"})
    assert flow.predictions()["model_version"].to_list() == ["2"]

    flow.model = FakeModel("3")
    again = {"ops": {REFUND_ITEM_PREDICTIONS.name: {"config": {"score_again": True}}}}
    flow.run(run_config=again)
    assert flow.predictions()["model_version"].to_list() == ["3"]


def test_a_night_whose_photos_changed_later_is_materialised_again(flow: Flow) -> None:
    flow.drop("a.jpg", photo("red"))
    flow.drop("b.jpg", photo("green"))
    flow.run()
    assert flow.decide("admin", "withdraw_file", "1").accepted
    result = flow.run(NEXT)
    for table in (REFUND_IMAGES, REFUND_ITEM_PREDICTIONS):
        events = result.asset_materializations_for_node(table.name)
        assert {event.partition for event in events} == {NIGHT.isoformat(), NEXT.isoformat()}
    assert flow.predictions()["sequence"].to_list() == [2]


RELABELS = [
    ("1", "Belts", True, "Photo 1 (C1/photo.jpg) shows Belts."),
    ("1", "outside", True, "shows outside"),
    ("1", "Gloves", False, "found Gloves"),
    ("2", "Belts", False, "is no photo of a returned item"),
    ("9", "Belts", False, "There is no file with sequence number 9"),
]


def test_a_relabel_names_a_photo_and_a_class(flow: Flow) -> None:
    flow.drop("C1/photo.jpg", photo("red"))
    flow.drop("stores.csv", b"store_id,name\nS1,One\n", inbox="feeds/stores")
    flow.run()
    for subject, verdict, accepted, said in RELABELS:
        entry = flow.decide("rae", "relabel_item", subject, verdict)
        assert entry.accepted is accepted
        assert said in entry.message
