"""A build takes in what came and leaves the rest as it stands: which models are built, and which data tests run."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from retail_assets.flows import FLOWS
from retail_assets.intake.ledger import newest_night
from retail_assets.model_registry.tables import REGISTERED_MODEL_VERSIONS
from retail_assets.platform import Platform
from retail_assets.sales.settings import SalesSettings
from retail_assets.warehouse import build
from retail_assets.warehouse.build_mark import require_whole, unfinished
from retail_assets.warehouse.dbt_run import run_dbt
from retail_assets.warehouse.errors import HalfBuilt
from tests.lake_builder import LakeBuilder, write_table
from tests.warehouse import AS_OF, Builds

MODELS = ("product_performance", "rejected_rows", "flagged_rows", "quarantined_files", "stg_stores")
TESTED = ("stg_sales", "sales_daily", "rejected_rows")
NEXT = AS_OF + timedelta(days=1)
LEDGER_READERS = {
    "stg_rejects", "stg_flags", "int_drops", "rejected_rows", "flagged_rows", "quarantined_files",
}  # fmt: skip


def line(
    order: str, *, store: str = "S1", day: int = 16, quantity: int = 1, product: str = "P1"
) -> dict[str, Any]:
    return {
        "order_id": order,
        "line_number": 1,
        "store_id": store,
        "product_id": product,
        "sold_at": f"2026-11-{day} 12:00:00+00",
        "quantity": quantity,
        "unit_price": 1,
        "currency": "EUR",
    }


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> tuple[LakeBuilder, Path]:
    """After a night with a store, a sale of that store, and one of tomorrow that waits; and a copy to go back to."""
    folder = tmp_path_factory.mktemp("builds")
    lake = LakeBuilder(folder / "data")
    lake.load("stores", [{"store_id": "S1", "name": "One"}])
    lake.load("sales", [line("A"), line("B", day=21)])
    lake.write_ledger()
    builds = Builds(lake, *MODELS)
    report = builds.build(tested=TESTED)
    assert builds.rebuilt == builds.models
    assert report.problem is None
    shutil.copytree(folder / "data", folder / "copy")
    return lake, folder / "copy"


@pytest.fixture
def builds(first_night: tuple[LakeBuilder, Path]) -> Builds:
    """What follows that night."""
    then, copy = first_night
    folder = then.lake.root
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    lake = LakeBuilder(folder)
    lake.continue_as(then)
    return Builds(lake, *MODELS)


def rows(builds: Builds, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(builds.platform.lake.warehouse), read_only=True) as connection:
        return connection.execute(query).fetchall()


def sold(builds: Builds) -> dict[str, int]:
    return dict(rows(builds, "select store_id, sum(quantity)::int from marts.sales_daily group by 1"))


def follows(builds: Builds, *models: str) -> set[str]:
    return builds.manifest.downstream(models) & builds.models


def load(builds: Builds, feed: str, *loaded: dict[str, Any], **options: Any) -> int:
    number = builds.lake.load(feed, loaded, **options)
    builds.lake.write_ledger()
    return number


def test_with_nothing_new_dbt_is_not_even_started(builds: Builds):
    before = rows(builds, "select run from state.run")
    report = builds.build(tested=["sales_daily", "rejected_rows"])
    assert builds.rebuilt == set()
    assert rows(builds, "select run from state.run") == before
    assert [one.model.name for one in report.models] == builds.manifest.in_order(builds.models)
    assert [len(one.run) for one in report.tested] == [0, 0]
    assert all(one.unchanged for one in report.tested)


def test_what_stands_is_described_as_if_it_was_built(builds: Builds):
    first = {one.model.name: one for one in builds.build_part("sales_daily").models}["sales_daily"]
    assert first.rows == 1
    assert first.columns["business_date"] == "date"
    assert [column for _, column in first.lineage["units_sold"]] == ["quantity"]
    assert first.preview is not None
    assert first.preview["store_id"].to_list() == ["S1"]


def test_a_new_night_builds_what_asks_for_the_day_and_the_feeds_whose_rows_came(builds: Builds):
    builds.build(as_of=NEXT)
    assert builds.rebuilt == follows(builds, "product_performance", "stg_sales")
    assert sold(builds) == {"S1": 2}
    day_after = NEXT + timedelta(days=1)
    assert builds.asked_of_dbt(as_of=day_after) == follows(builds, "product_performance"), (
        "no row came that day"
    )


def test_a_drop_builds_what_follows_from_it_and_what_reads_the_ledger(builds: Builds):
    load(builds, "stores", {"store_id": "S2", "name": "Two"})
    of_stores = follows(builds, "stg_stores") | LEDGER_READERS
    assert builds.asked_of_dbt() == of_stores
    load(builds, "sales", line("C", store="S2"))
    builds.build()
    assert builds.rebuilt == of_stores | follows(builds, "stg_sales")
    assert sold(builds) == {"S1": 1, "S2": 1}
    assert rows(builds, "select count(*) from staging.stg_stores") == [(2,)]


def test_rejected_rows_of_a_later_night_appear(builds: Builds):
    reject = {"feed": "stores", "record": 2, "rule": "no_name", "column": "name", "value": "-"}
    load(builds, "stores", {"store_id": "S2", "name": "Two"}, rejects=[reject])
    builds.build(as_of=NEXT)
    assert rows(builds, "select feed, rule from marts.rejected_rows") == [("stores", "no_name")]


def test_flagged_rows_come_and_go_with_their_file(builds: Builds):
    flag = {"feed": "stores", "record": 1, "rule": "too_long", "column": "region", "value": "-"}
    number = builds.lake.load("stores", [{"store_id": "S2", "name": "Two"}], flags=[flag])
    builds.lake.write_ledger()
    builds.build(as_of=NEXT)
    flagged = "select sequence, feed, rule, value from marts.flagged_rows"
    assert rows(builds, flagged) == [(number, "stores", "too_long", "***")]
    builds.lake.withdraw(number)
    builds.lake.write_ledger()
    builds.build(as_of=NEXT)
    assert rows(builds, flagged) == []


def test_rejected_rows_of_a_file_without_a_good_one_appear_too(builds: Builds):
    reject = {"feed": "products", "record": 1, "rule": "no_name", "column": "name", "value": "-"}
    builds.lake.drop({}, folder="products", source="erp", rejects=[reject])
    builds.lake.write_ledger()
    builds.build(as_of=NEXT)
    assert rows(builds, "select feed, rule from marts.rejected_rows") == [("products", "no_name")]


def test_changed_code_and_settings_build_everything(builds: Builds):
    assert builds.asked_of_dbt() == set()
    settings, code = builds.platform.settings, builds.manifest
    builds.manifest = replace(code, code="another")
    assert builds.asked_of_dbt() == builds.models
    builds.manifest = code
    builds.platform = Platform(settings, FLOWS, own={SalesSettings: SalesSettings(window_days=30)})
    assert builds.asked_of_dbt() == builds.models


def test_a_warehouse_from_a_backup_is_built_whole(builds: Builds):
    warehouse = builds.platform.lake.warehouse
    shutil.copyfile(warehouse, warehouse.with_suffix(".backup"))
    load(builds, "sales", line("C", quantity=5))
    builds.build()
    shutil.copyfile(warehouse.with_suffix(".backup"), warehouse)
    assert builds.asked_of_dbt() == builds.models


def test_so_it_is_after_runs_of_parts(builds: Builds):
    """Each run counts on, until the restored warehouse has run as often as the lost one."""
    warehouse = builds.platform.lake.warehouse
    shutil.copyfile(warehouse, warehouse.with_suffix(".backup"))
    load(builds, "sales", line("C", quantity=5))
    builds.build()
    shutil.copyfile(warehouse.with_suffix(".backup"), warehouse)
    for _ in range(2):
        builds.build_part("stg_stores")
    builds.build()
    assert sold(builds) == {"S1": 6}


def test_a_failed_build_keeps_its_changes_for_the_next(builds: Builds):
    number = load(builds, "sales", line("C", quantity=5))
    rows_file = builds.platform.lake.rows("sales", builds.lake.drops[number].content_key)
    kept = rows_file.rename(rows_file.with_suffix(".away"))
    report = builds.build()
    assert "stg_sales could not be built" in str(report.problem)
    assert unfinished(builds.platform.lake) == follows(builds, "stg_sales")
    with pytest.raises(HalfBuilt):
        require_whole(builds.platform.lake)

    kept.rename(rows_file)
    builds.build()
    assert builds.rebuilt >= follows(builds, "stg_sales")
    assert sold(builds) == {"S1": 6}
    require_whole(builds.platform.lake)


def test_what_a_part_took_in_is_given_up_again_when_it_is_withdrawn(builds: Builds):
    """Between two nights a file comes and goes: the second night sees the ledger as the first left it."""
    number = load(builds, "sales", line("C", quantity=5))
    builds.build_part("sales_daily")
    assert sold(builds) == {"S1": 6}
    builds.lake.withdraw(number)
    builds.lake.write_ledger()
    builds.build()
    assert sold(builds) == {"S1": 1}


def test_what_comes_while_dbt_starts_waits_for_the_next_build(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
):
    """So a file that comes and goes between a look at the ledger and dbt's own is published for no day at all."""
    came: list[int] = []

    def run_late(**options: Any) -> dict[str, Any]:
        came.append(load(builds, "sales", line("C", quantity=5)))
        return run_dbt(**options)

    load(builds, "sales", line("D"))
    with monkeypatch.context() as patch:
        patch.setattr(build, "run_dbt", run_late)
        builds.build()
    assert sold(builds) == {"S1": 2}, "the one that came before"
    builds.lake.withdraw(*came)
    builds.lake.write_ledger()
    builds.build()
    assert sold(builds) == {"S1": 2}


def test_nor_does_a_part_of_a_computed_table_that_comes_and_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lake = LakeBuilder(tmp_path)
    lake.write_ledger()
    builds = Builds(lake, "model_versions")
    part = REGISTERED_MODEL_VERSIONS.part(lake.lake, "late")

    def run_late(**options: Any) -> dict[str, Any]:
        row = {"model": "late", "version": "1"}
        write_table(part, REGISTERED_MODEL_VERSIONS.columns, [row])
        return run_dbt(**options)

    with monkeypatch.context() as patch:
        patch.setattr(build, "run_dbt", run_late)
        builds.build()
    part.unlink()
    builds.build()
    assert rows(builds, "select * from marts.model_versions") == []


def test_so_is_what_a_build_took_in_that_failed_later(builds: Builds):
    number = load(builds, "sales", line("C", quantity=5))
    event = {
        "event_id": "E",
        "order_kind": "sales",
        "order_id": "C",
        "at": "2026-11-16 12:00:00+00",
        "status": "paid",
    }
    load(builds, "order_events", event)
    builds.platform.lake.rows("order_events", builds.lake.drops[number + 1].content_key).write_text(
        "no Parquet"
    )
    assert builds.build().problem is not None
    builds.lake.withdraw(number)
    builds.lake.withdraw(number + 1)
    builds.lake.write_ledger()
    builds.build()
    assert rows(builds, "select order_id from staging.stg_sales order by 1") == [("A",), ("B",)]
    assert sold(builds) == {"S1": 1}


LONG = ("sales_daily", "sales_orders", "stores", "products")
"""Long models, and what their tests look at."""


def test_changes_are_forgotten_when_all_that_follow_have_taken_them_in(tmp_path: Path):
    """Though no product came for as long, so that what follows from products was not built since."""
    builds = Builds(LakeBuilder(tmp_path), *LONG)
    for number in range(2):
        load(builds, "sales", line(f"N{number}"))
        builds.build(tested=builds.manifest.models.keys())
    logged = rows(builds, "select distinct run from state.changes")
    assert logged == rows(builds, "select run from state.run"), "only those of the last run"


def test_a_test_that_waits_for_the_second_step_sees_what_changed_in_the_first(tmp_path: Path):
    """Though other tests of the same model have seen it by then."""
    builds = Builds(LakeBuilder(tmp_path), "sales_daily", "stores", "products")
    first = builds.manifest.upstream(["sales_daily"])
    rest = builds.models - first
    builds.manifest = builds.manifest.tests_at_the_end(first)

    for number in range(2):
        load(builds, "sales", line(f"N{number}", day=16 + number))
        builds.build(step="before", models=first, to_come=rest, tested=first)
        report = builds.build(step="after", models=rest, tested=rest)
        assert "sales_lines: Every store_id is in stores." in ran_tests(report)["stores"]
    days = "select value from state.changes where model = 'sales_lines' and unit = 'business_date'"
    assert rows(builds, days) == [("2026-11-17",)], "what the test of the second step looked at"


def test_each_of_two_steps_remembers_what_it_saw(builds: Builds):
    first = builds.manifest.upstream(["sales_daily"])
    rest = builds.models - first
    for step, models in (("before", first), ("after", rest)):
        builds.build(step=step, models=models)
        assert builds.rebuilt == models, "a step that never ran builds all of its models"
        assert builds.asked_of_dbt(step=step, models=models) == set()
    load(builds, "stores", {"store_id": "S2", "name": "Two"})
    load(builds, "sales", line("C", store="S2"))
    builds.build(step="before", models=first, to_come=rest)
    assert "sales_daily" in builds.rebuilt
    with pytest.raises(HalfBuilt, match="product_performance"):
        require_whole(builds.platform.lake)
    builds.build(step="after", models=rest)
    assert {"stg_stores", "product_performance"} <= builds.rebuilt
    assert builds.rebuilt <= rest
    require_whole(builds.platform.lake)


def test_a_test_of_what_an_earlier_step_built_waits_for_the_later_one(tmp_path: Path):
    """On a first night there is no mart of stores while the first step is at work."""
    lake = LakeBuilder(tmp_path)
    lake.load("sales", [line("A")])
    lake.write_ledger()
    builds = Builds(lake, "sales_daily", "stores", "products")
    first = builds.manifest.upstream(["sales_daily"])
    builds.manifest = builds.manifest.tests_at_the_end(first)
    rest = builds.models - first
    report = builds.build(step="before", models=first, to_come=rest, tested=["sales_lines"])
    assert report.problem is None
    assert not [test for test in ran_tests(report)["sales_lines"] if "stores" in test]
    report = builds.build(step="after", models=rest, tested=["stores"])
    assert "sales_lines: Every store_id is in stores." in ran_tests(report)["stores"]


def test_a_test_of_what_was_never_built_is_left_out(tmp_path: Path):
    lake = LakeBuilder(tmp_path)
    lake.load("sales", [line("A")])
    lake.write_ledger()
    builds = Builds(lake, "sales_daily")
    report = builds.build_part("sales_daily", tested=["sales_lines"])
    assert report.problem is None
    assert not [test for test in ran_tests(report)["sales_lines"] if "stores" in test]


def test_what_dbt_skipped_did_not_pass(builds: Builds):
    number = load(builds, "sales", line("C", quantity=5))
    builds.platform.lake.rows("sales", builds.lake.drops[number].content_key).unlink()
    report = builds.build(tested=["sales_daily", "rejected_rows"])
    assert ran_tests(report).keys() == {"rejected_rows"}


def ran_tests(report: Any) -> dict[str, set[str]]:
    """By model, in words."""
    return {one.model.name: {test.description for test in one.run} for one in report.tested if one.run}


WAITS = "No row is dated after the night."
"""A warning, which the sale of tomorrow breaks."""


def test_a_test_that_failed_runs_again_though_nothing_changed(builds: Builds):
    report = builds.build(tested=TESTED)
    assert ran_tests(report) == {"stg_sales": {WAITS}}
    [failed] = report.tested[-1].failed.values()
    assert failed.failures == 1
    assert report.problem is None, "it only warns"
    assert ran_tests(builds.build(tested=TESTED, as_of=NEXT))["stg_sales"] == {WAITS}
    assert ran_tests(builds.build(tested=TESTED, as_of=NEXT)) == {}, "the day has come, and it passed"


def test_data_tests_run_when_something_that_they_look_at_changed(builds: Builds):
    load(builds, "stores", {"store_id": "S2", "name": "Two"})
    tests = {
        test.name for name in ("stg_sales", "rejected_rows") for test in builds.manifest.models[name].tests
    }
    assert builds.asked_of_dbt(tested=TESTED) - builds.models == tests


def test_a_run_that_tests_all_history_builds_and_tests_everything(builds: Builds):
    tests = {test.name for name in TESTED for test in builds.manifest.models[name].tests}
    assert builds.asked_of_dbt(tested=TESTED, test_all_history=True) == builds.models | tests


def test_a_test_that_stops_the_night_says_what_is_wrong_and_shows_the_rows(builds: Builds):
    event = {"event_id": "E", "order_id": "A", "at": "2026-11-16 12:00:00+00", "status": "paid"}
    load(builds, "order_events", event | {"order_kind": "strange"})
    report = builds.build(tested=["order_history"])
    assert "1 row breaks: order_kind is one of sales, purchase." in str(report.problem)
    [tested] = [one for one in report.tested if one.failed]
    [(name, failing)] = tested.failing_rows.items()
    assert name.startswith("accepted_values_order_history_order_kind")
    assert failing.rows() == [("strange", 1)]
    with pytest.raises(HalfBuilt, match="sales_lines"):
        require_whole(builds.platform.lake)


def test_marts_stand_at_the_newest_night_and_a_refilled_one_never_takes_them_back(builds: Builds):
    builds.build(as_of=NEXT)
    newest = rows(builds, "select as_of, epoch(now) from state.run")
    older = AS_OF - timedelta(days=30)
    two = datetime.combine(older, time(2), ZoneInfo("Europe/Berlin"))
    builds.build(as_of=older, now=two)
    assert builds.rebuilt == set()
    assert rows(builds, "select as_of, epoch(now) from state.run") == newest
    assert sold(builds) == {"S1": 2}
    load(builds, "stores", {"store_id": "S2", "name": "Two"})
    builds.build(as_of=older, now=two)
    assert rows(builds, "select as_of, epoch(now) from state.run") == newest
    assert newest_night(builds.platform.settings) == (NEXT, datetime.combine(NEXT, time(1), UTC))
