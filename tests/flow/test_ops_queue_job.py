"""The queue of operations as time passes: published for them alone, and only when it is another one."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from jobs.ops_queue import ops_queue_job, ops_queue_schedule
from retail_assets.audiences import OPERATIONS
from retail_assets.intake.identity import require_same_platform
from retail_assets.returns.queue import bring_up_to, why_it_can_wait
from retail_assets.warehouse.build_mark import building
from retail_assets.warehouse.errors import NothingToKeep
from retail_assets.warehouse.lock import warehouse_lock
from retail_assets.warehouse.project import manifest_of
from retail_assets.warehouse.publication import publish
from tests.lake_builder import LakeBuilder
from tests.warehouse import Builds, dbt_in_this_process

NIGHT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MARTS = ("ops_queue", "return_cases", "return_metrics_daily", "merchant_return_cases", "quarantined_files")


class Retailer:
    """A platform after a night, whose cases become due later."""

    def __init__(self, folder: Path) -> None:
        self.lake = LakeBuilder(folder)
        self.platform = self.lake.platform
        self.builds = Builds(self.lake, *MARTS)
        require_same_platform(
            self.platform.settings
        )  # as set-up does: the platform's id is one of what dbt is told
        self.told: list[str] = []

    def night(self, now: datetime) -> int | None:
        self.lake.write_ledger()
        self.builds.build(as_of=now.date(), now=now)
        return publish(platform=self.platform, as_of=now.date(), run_id="night").release

    def up_to(self, now: datetime) -> int | None:
        with dbt_in_this_process():
            return bring_up_to(
                self.platform, manifest_of(self.platform), now=now, run_id="tick", tell=self.told.append
            )

    def waits(self, now: datetime) -> str | None:
        return why_it_can_wait(self.platform, now)

    def files(self, place: str = "") -> dict[str, int]:
        """The inode of every file of a place in the release, but the manifest."""
        folder = self.platform.lake.published.resolve()
        found = {
            str(path.relative_to(folder)): path.stat().st_ino
            for path in folder.rglob("*.*")
            if path.is_file()
        }
        return {
            name: number
            for name, number in found.items()
            if name.startswith(place) and name != "release.json"
        }

    def queue(self) -> list[tuple]:
        database = self.platform.lake.published.resolve() / "operations" / "operations.duckdb"
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(
                "select case_id, is_breached, release from ops_queue, _meta order by position"
            ).fetchall()


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Retailer:
    """For tests that publish nothing."""
    return after_a_night(tmp_path_factory.mktemp("queue"))


@pytest.fixture
def own(tmp_path: Path) -> Retailer:
    return after_a_night(tmp_path)


def after_a_night(folder: Path) -> Retailer:
    """`soon` becomes due an hour after the night, `later` a day after it, `closed` leaves then."""
    retailer = Retailer(folder)
    retailer.lake.load("return_cases", [
        {"case_id": name, "created_at": created, "priority": priority, "merchant_id": "M1"}
        for name, created, priority in (
            ("soon", NIGHT + HOUR - 240 * HOUR, "low"),
            ("later", NIGHT + DAY - 72 * HOUR, "high"),
            ("closed", NIGHT - 40 * DAY, "medium"),
        )
    ])  # fmt: skip
    retailer.lake.load("return_events", [
        {"event_id": "E1", "case_id": "closed", "at": NIGHT + DAY - 30 * DAY, "type": "status_changed",
         "actor": "u-1", "actor_role": "ops", "payload": "approved"},
    ])  # fmt: skip
    assert retailer.night(NIGHT) == 1
    return retailer


def test_what_is_not_due_costs_a_look(retailer: Retailer) -> None:
    reason = retailer.waits(NIGHT + HOUR)
    assert reason and f"before {NIGHT + HOUR:%Y-%m-%d %H:%M} UTC" in reason
    assert retailer.queue() == [("later", False, 1), ("closed", False, 1), ("soon", False, 1)]


def test_nothing_is_published_where_order_breaches_and_labels_are_what_they_were(retailer: Retailer) -> None:
    assert retailer.up_to(NIGHT + HOUR / 2) is None
    assert retailer.told[-1] == "Order, breaches and labels are what is published."


@contextmanager
def at_work(retailer: Retailer) -> Generator[None]:
    with warehouse_lock(retailer.platform.lake):
        yield


@contextmanager
def half_built(retailer: Retailer) -> Generator[None]:
    with building(retailer.platform.lake, ["return_cases"]):
        yield


@pytest.mark.parametrize("disturbed", [at_work, half_built])
def test_it_waits_for_runs_that_build(retailer: Retailer, disturbed) -> None:
    with disturbed(retailer):
        assert retailer.waits(NIGHT + 2 * HOUR)
    assert retailer.waits(NIGHT + 2 * HOUR) is None


def test_a_run_that_finds_the_warehouse_half_built_leaves_it_alone(retailer: Retailer) -> None:
    with half_built(retailer):
        assert retailer.up_to(NIGHT + 2 * HOUR) is None
    assert retailer.told[-1].startswith("The warehouse is half-built")


def test_a_breach_is_published_for_operations_alone(own: Retailer) -> None:
    before = own.files()
    assert own.up_to(NIGHT + 2 * HOUR) == 2
    assert own.queue() == [("soon", True, 2), ("later", False, 2), ("closed", False, 2)]
    after = own.files()
    assert after.keys() == before.keys()
    others = {name for name in after if not name.startswith(f"{OPERATIONS.folder}/")}
    assert "retail.duckdb" in others and any(name.startswith("merchants/") for name in others)
    assert {name for name in after if after[name] != before[name]} == {
        f"operations/{name}"
        for name in (
            "operations.duckdb",
            "parquet/_meta/part.parquet",
            "parquet/_marts/part.parquet",
            "parquet/ops_queue/part.parquet",
        )
    }
    assert own.waits(NIGHT + 3 * HOUR)


def test_new_code_or_settings_wait_for_the_night(retailer: Retailer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        retailer.platform.settings, "__dict__", {**vars(retailer.platform.settings), "duckdb_threads": 1}
    )
    assert retailer.up_to(NIGHT + 2 * DAY) is None
    assert "`make nightly`" in retailer.told[-1]


def test_the_schedule_starts_a_run_that_publishes_and_then_rests(own: Retailer) -> None:
    job = ops_queue_job(own.platform)
    schedule = ops_queue_schedule(own.platform, job)

    def tick() -> Any:
        with dg.build_schedule_context(scheduled_execution_time=datetime.now(UTC)) as context:
            return schedule.evaluate_tick(context)

    assert len(tick().run_requests or []) == 1
    with dbt_in_this_process():
        assert job.execute_in_process(instance=dg.DagsterInstance.ephemeral()).success
    assert own.queue() == [("later", True, 2), ("soon", True, 2)]
    assert not tick().run_requests and "Nothing is due." in str(tick().skip_message)


def test_the_next_night_publishes_for_everybody(own: Retailer) -> None:
    day = NIGHT + DAY
    own.lake.load("return_cases", [{"case_id": "new", "created_at": NIGHT + 2 * HOUR, "merchant_id": "M1"}])
    own.lake.write_ledger()
    own.builds.build(as_of=day.date(), now=day)
    with pytest.raises(NothingToKeep, match="make nightly"):
        publish(platform=own.platform, as_of=day.date(), run_id="tick", audience=OPERATIONS)
    before = own.files()
    assert own.night(day) == 2
    assert own.files()["retail.duckdb"] != before["retail.duckdb"]
    assert [case for case, *_ in own.queue()] == ["soon", "later", "closed", "new"]


def test_no_release_no_queue(tmp_path: Path) -> None:
    reason = why_it_can_wait(LakeBuilder(tmp_path).platform, NIGHT)
    assert reason == "No queue is published yet; a night does it."


def test_a_release_that_is_missing_waits_for_the_night(own: Retailer) -> None:
    own.platform.lake.published.unlink()
    assert own.up_to(NIGHT + 2 * HOUR) is None
    assert own.told[-1] == "No queue is published yet; a night does it."
