"""dbt as a program of its own: what it says meanwhile, and what came of it."""

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest

from retail_assets.config import DBT_PROJECT_DIR
from retail_assets.warehouse.dbt_command import dbt_environment
from retail_assets.warehouse.dbt_run import FAILED, SUCCEEDED, DbtFailed, run_dbt
from retail_assets.warehouse.snapshot import take_snapshot
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF


@pytest.fixture
def lake(tmp_path: Path) -> LakeBuilder:
    lake = LakeBuilder(tmp_path)
    lake.load("stores", [{"store_id": "S1", "name": "One"}])
    lake.load("sales", [{"order_id": "A", "line_number": 1, "sold_at": "2026-11-30 12:00:00+00"}])
    lake.write_ledger()
    take_snapshot(lake.lake, lake.platform.tables.values())
    return lake


def run(lake: LakeBuilder, *nodes: str, **told: str) -> tuple[dict[str, Any], list[str]]:
    """What came of each model and test by name, and what dbt said."""
    said: list[str] = []
    now = datetime.combine(AS_OF, time(1), UTC)
    results = run_dbt(
        project=DBT_PROJECT_DIR,
        folder=lake.lake.warehouse.parent,
        nodes=nodes,
        environment=dbt_environment(lake.platform, as_of=AS_OF, now=now) | told,
        target=lake.lake.warehouse.parent / "targets" / "run",
        tell=said.append,
    )
    return {unique_id.split(".")[2]: result for unique_id, result in results.items()}, said


def test_models_are_told_as_they_are_built_and_tests_when_they_fail(lake: LakeBuilder):
    results, said = run(lake, "stg_stores", "stg_sales", "none_waiting_stg_sales_")
    assert {name: result.status for name, result in results.items() if "run-" not in name} == {
        "stg_stores": SUCCEEDED,
        "stg_sales": SUCCEEDED,
        "none_waiting_stg_sales_": FAILED,
    }
    assert results["none_waiting_stg_sales_"].failures == 1
    assert "business_date >" in results["none_waiting_stg_sales_"].compiled
    assert len([line for line in said if "OK created" in line]) == 2
    assert len([line for line in said if "none_waiting_stg_sales_" in line]) == 1


def test_where_there_is_nothing_to_do_dbt_is_not_started(lake: LakeBuilder):
    assert run(lake, RETAIL_DBT="/no/such/program") == ({}, [])


def test_a_dbt_that_cannot_start_its_work_says_why_in_one_sentence(lake: LakeBuilder):
    with pytest.raises(
        DbtFailed, match=r"^dbt could not build the warehouse: .*No night has run yet"
    ) as failure:
        run(lake, "stg_stores", RETAIL_AS_OF="")
    assert "\n" not in str(failure.value)


def test_a_dbt_that_is_not_there_is_no_traceback(lake: LakeBuilder):
    with pytest.raises(DbtFailed, match="could not build the warehouse"):
        run(lake, "stg_stores", RETAIL_DBT="/no/such/program")
