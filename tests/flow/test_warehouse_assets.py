"""dbt's models as a person sees them in the UI: what was built, which data tests failed, and with which rows."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from retail_assets.database import migrate
from retail_assets.warehouse.assets import PUBLISHED, TEST_SCOPE_TAG, definitions
from tests.lake_builder import LakeBuilder
from tests.warehouse import dbt_in_this_process

ORDERS = dg.AssetKey(["marts", "sales_orders"])
HISTORY = dg.AssetKey(["marts", "order_history"])
STORES = dg.AssetKey(["marts", "stores"])
NEW_AT_EVERY_NOW = {dg.AssetKey(["marts", name]) for name in ("ops_queue", "return_metrics_daily")}
SALE = {
    "order_id": "A",
    "line_number": 1,
    "store_id": "S1",
    "product_id": "P1",
    "sold_at": "2026-11-16 12:00:00+00",
    "quantity": 2,
    "unit_price": "1.50",
    "currency": "EUR",
}
EVENT = {"order_id": "A", "at": "2026-11-16 12:00:00+00", "status": "paid"}


Result = dg.ExecuteInProcessResult


class Runs:
    """Runs of all models in one Dagster instance."""

    first: Result
    second: Result
    all_again: Result
    stopped: Result

    def __init__(self, folder: Path) -> None:
        self.lake = LakeBuilder(folder)
        migrate(self.lake.platform.settings)
        self.instance = dg.DagsterInstance.ephemeral()
        models = dg.AssetSelection.all() - dg.AssetSelection.assets(PUBLISHED)
        job = dg.define_asset_job("build", selection=models)
        warehouse = dg.Definitions.merge(definitions(self.lake.platform), dg.Definitions(jobs=[job]))
        self.job = warehouse.resolve_job_def("build")

    def run(self, *assets: dg.AssetKey, **tags: str) -> Result:
        self.lake.write_ledger()
        with dbt_in_this_process():
            return self.job.execute_in_process(
                instance=self.instance, raise_on_error=False, tags=tags, asset_selection=assets or None
            )


def checks(result: Result) -> dict[dg.AssetKey, Any]:
    return {check.asset_key: check for check in result.get_asset_check_evaluations()}


def cells(metadata: dg.MetadataValue) -> list[dict[str, Any]]:
    assert isinstance(metadata, dg.TableMetadataValue)
    return [dict(record.data) for record in metadata.records]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Runs on a sale of a store that nobody described; before the last comes an event of a kind that is none."""
    runs = Runs(tmp_path_factory.mktemp("assets"))
    runs.lake.load("sales", [SALE])
    runs.lake.load("products", [{"product_id": "P1", "name": "Pen", "category": "Paper"}])
    runs.first = runs.run()
    runs.second = runs.run()
    runs.all_again = runs.run(STORES, **{TEST_SCOPE_TAG: "all"})
    runs.lake.load("order_events", [EVENT | {"event_id": "E", "order_kind": "strange"}])
    runs.stopped = runs.run()
    return runs


def test_a_model_shows_its_rows_its_columns_in_order_and_where_they_come_from(runs: Runs):
    assert runs.first.success
    [event] = [one for one in runs.first.get_asset_materialization_events() if one.asset_key == ORDERS]
    metadata = event.materialization.metadata
    assert metadata["dagster/row_count"].value == 1
    schema = metadata["dagster/column_schema"]
    assert isinstance(schema, dg.TableSchemaMetadataValue)
    columns = schema.schema.columns
    assert columns[0].name == "order_id"
    assert all(column.description and column.type for column in columns)
    lineage = metadata["dagster/column_lineage"]
    assert isinstance(lineage, dg.TableColumnLineageMetadataValue)
    origins = lineage.lineage.deps_by_column["revenue"]
    assert {"marts"} == {origin.asset_key.path[0] for origin in origins}
    assert cells(metadata["preview"])[0]["order_id"] == "A"


def test_tests_that_pass_are_a_green_check_that_lists_them(runs: Runs):
    check = checks(runs.first)[HISTORY]
    assert (check.check_name, check.passed, check.description) == ("data_tests", True, None)
    assert {cell["result"] for cell in cells(check.metadata["tests"])} == {"passed"}
    assert "order_kind is one of sales, purchase." in {
        cell["demands"] for cell in cells(check.metadata["tests"])
    }


def test_a_test_that_only_warns_is_a_yellow_check_with_its_rows_and_the_run_goes_on(runs: Runs):
    check = checks(runs.first)[STORES]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (
        check.description
        == "1 row breaks: No row stands for something that others name and nobody described."
    )
    [(_, rows)] = [(name, value) for name, value in check.metadata.items() if name.startswith("rows of ")]
    assert [cell["store_id"] for cell in cells(rows)] == ["S1"]


def test_what_would_look_at_the_same_again_stays_as_it_was_found(runs: Runs):
    assert runs.second.success
    # The one with a test that failed, and those that are another thing at every now.
    assert checks(runs.second).keys() == {STORES, *NEW_AT_EVERY_NOW}
    results = {
        cell["demands"]: cell["result"] for cell in cells(checks(runs.second)[STORES].metadata["tests"])
    }
    assert set(results.values()) == {"failed", "unchanged"}
    assert len(runs.second.get_asset_materialization_events()) == len(
        runs.first.get_asset_materialization_events()
    )


def test_a_run_with_the_tag_tests_everything_again(runs: Runs):
    results = {cell["result"] for cell in cells(checks(runs.all_again)[STORES].metadata["tests"])}
    assert results == {"failed", "passed"}


def test_a_failed_test_stops_the_run_with_a_sentence_and_a_red_check_with_its_rows(runs: Runs):
    assert not runs.stopped.success
    [failure] = [event for event in runs.stopped.all_events if event.is_step_failure]
    assert failure.step_failure_data.user_failure_data
    sentence = failure.step_failure_data.user_failure_data.description or ""
    assert sentence.startswith("1 row breaks: order_kind is one of sales, purchase.")
    assert "Nothing was published" in sentence
    check = checks(runs.stopped)[HISTORY]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert check.description == "1 row breaks: order_kind is one of sales, purchase."
    [rows] = [value for name, value in check.metadata.items() if name.startswith("rows of ")]
    assert cells(rows) == [{"value_field": "strange", "n_records": 1}]


def test_models_behind_it_are_not_shown_as_built(runs: Runs):
    built = {event.asset_key for event in runs.stopped.get_asset_materialization_events()}
    assert HISTORY in built
    assert ORDERS not in built
