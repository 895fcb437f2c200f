"""A flow that only this test knows is registered by one line, and goes from its drop to what each audience reads."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest

from retail_assets.config import DBT_PROJECT_DIR
from retail_assets.decisions.deciding import decide
from retail_assets.decisions.kinds import Decision
from retail_assets.definitions import build_defs
from retail_assets.flows import FLOWS
from retail_assets.lake import scratch_folder
from retail_assets.platform import Platform, load
from retail_assets.samples.drops import Drops
from retail_assets.samples.plan import Plan
from retail_assets.samples.sample import Sample
from retail_assets.samples.truth import truth_found
from retail_assets.warehouse.dbt_parse import parse_dbt_project
from retail_assets.warehouse.sources import land_empty_tables, write_generated
from tests.classifiers import make_registry
from tests.conftest import settings_of
from tests.gates.flow import FLOW, GateSettings

NIGHT = date(2026, 11, 20)
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A platform of all flows and this one, with the flow's models in the dbt project."""
    folder = tmp_path_factory.mktemp("gates")
    project = folder / "dbt_project"
    shutil.copytree(DBT_PROJECT_DIR, project, ignore=shutil.ignore_patterns("target", "logs"))
    models = Path(__file__).parent.parent / "gates" / "models"
    shutil.copytree(models, project / "models" / "marts" / "gates")
    settings = settings_of(folder).model_copy(update={"dbt_project_dir": project})
    platform = Platform(
        settings,
        (*FLOWS, FLOW),
        own={GateSettings: GateSettings(gate_staff_per_visitors=100, gate_open_hours=10)},
    )
    write_generated(platform)
    parse_dbt_project(platform)
    land_empty_tables(platform)
    make_registry(settings)
    drop_sample(platform)
    return platform


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture(scope="module")
def first_run(platform: Platform, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return run(platform, instance)


@pytest.fixture(scope="module")
def night(platform: Platform, first_run: dg.ExecuteInProcessResult) -> Platform:
    """The platform after its first night."""
    assert first_run.success
    return platform


def drop_sample(platform: Platform) -> None:
    """What the flow's sample writer drops, without those of the other flows."""
    plan = Plan(7, NIGHT, "small")
    with scratch_folder(platform.lake) as staging:
        drops = Drops(staging)
        for place in FLOW.samples:
            load(place)(Sample(plan, plan.periods(), first_night=True), drops)
        drops.deliver(platform, NIGHT.isoformat())


def run(platform: Platform, instance: dg.DagsterInstance, night: date = NIGHT) -> dg.ExecuteInProcessResult:
    job = build_defs(platform).resolve_job_def("nightly")
    return job.execute_in_process(instance=instance, partition_key=night.isoformat(), raise_on_error=False)


def read(platform: Platform, database: str, query: str) -> Rows:
    release = platform.lake.published.resolve()
    with duckdb.connect(str(release / database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_from_its_drops_to_what_each_audience_reads(night: Platform) -> None:
    visits = "select store_id, business_date, visitors from gate_visits order by all"
    expected = [
        ("S1", date(2026, 11, 18), 80), ("S1", date(2026, 11, 19), 120),
        ("S2", date(2026, 11, 18), 260), ("S2", date(2026, 11, 19), 30),
    ]  # fmt: skip
    assert read(night, "retail.duckdb", visits) == expected
    assert read(night, "retail.duckdb", "select max(visitors_per_hour) from gate_visits") == [(26,)]
    # A table that Python computes from a mart is published as it stands; marts behind it are built after it.
    staffing = "select store_id, assistants from gate_staffing order by all"
    assert read(night, "operations/operations.duckdb", staffing) == [("S1", 2), ("S2", 3)]
    own = "select distinct merchant_id, store_id, assistants from gate_visits_by_merchant"
    assert read(night, "merchants/M1/merchant.duckdb", own) == [("M1", "S1", 2)]
    assert read(night, "merchants/M2/merchant.duckdb", own) == [("M2", "S2", 3)]
    with pytest.raises(duckdb.CatalogException):
        read(night, "retail.duckdb", "from gate_staffing")

    [found] = [found for found in truth_found(night) if found.flow == "gates"]
    assert (found.true, found.found, found.missed) == (4, 4, ())
    quarantined = read(night, "operations/operations.duckdb", "select name, reason from quarantined_files")
    assert quarantined == [("noise.gate", "not_a_gate_report")]


def test_what_its_handler_cannot_read_warns_without_a_word_of_its_own(
    first_run: dg.ExecuteInProcessResult,
) -> None:
    evaluated = {
        (check.asset_key.to_user_string(), check.check_name): check
        for check in first_run.get_asset_check_evaluations()
    }
    warned = evaluated["lake/gate_counts", "files_came_in"]
    assert not warned.passed and warned.severity == dg.AssetCheckSeverity.WARN
    assert warned.description and warned.description.startswith("1 file in quarantine. See `which`")
    assert evaluated["intake/ledger", "files_came_in"].passed
    assert evaluated["lake/refund_images", "files_came_in"].passed


def test_its_parts_stand_in_the_ui(platform: Platform) -> None:
    repository = build_defs(platform).get_repository_def()
    assert repository.has_sensor_def("gates_dropped")
    assert repository.has_job("decide_judge_gate")
    graph = repository.asset_graph
    keys = {key.to_user_string(): graph.get(key) for key in graph.get_all_asset_keys()}
    of_flow = {name for name, node in keys.items() if node.group_name == "gates"}
    assert of_flow == {
        "lake/gate_counts",
        "lake/gate_staffing",
        "marts/gate_visits",
        "marts/gate_visits_by_merchant",
    }
    assert dg.AssetKey(["marts", "gate_visits"]) in keys["lake/gate_staffing"].parent_keys
    assert dg.AssetKey(["lake", "gate_staffing"]) in keys["published/release"].parent_keys


def test_its_drop_starts_only_what_it_changes(night: Platform, instance: dg.DagsterInstance) -> None:
    inbox = night.lake.inbox / "doors" / "gates" / "S9"
    inbox.mkdir(parents=True)
    (inbox / "today.gate").write_text("S9;M9;2026-11-19;5")
    (inbox / "today.gate.done").touch()
    repository = build_defs(night).get_repository_def()
    context = dg.build_sensor_context(instance=instance, repository_def=repository)
    [request] = repository.get_sensor_def("gates_dropped").evaluate_tick(context).run_requests or []
    started = {key.to_user_string() for key in request.asset_selection or []}
    assert {"lake/gate_counts", "marts/gate_visits", "published/release"} <= started
    assert not {"lake/gate_staffing", "lake/refund_images", "feeds/sales"} & started


def test_its_decision_changes_its_marts_the_next_night(night: Platform, instance: dg.DagsterInstance) -> None:
    drops = pl.read_parquet(night.lake.ledger / "drops.parquet")
    [report] = drops.filter(name="S2/2026-11-18.gate")["sequence"]
    entry = decide(
        settings=night.settings,
        handlers=night.handlers(),
        as_of=NIGHT,
        decision=Decision(
            "d1", datetime(2026, 11, 20, 9, tzinfo=UTC), "admin", "judge_gate", str(report), "broken"
        ),
    )
    assert entry.accepted, entry.message
    assert run(night, instance, date(2026, 11, 21)).success
    assert read(night, "retail.duckdb", "select max(visitors) from gate_visits") == [(120,)]
    assert read(night, "merchants/M2/merchant.duckdb", "select assistants from gate_visits_by_merchant") == [
        (1,)
    ]
    [found] = [found for found in truth_found(night) if found.flow == "gates"]
    assert (found.found, found.missed) == (3, ("S2 2026-11-18",))
