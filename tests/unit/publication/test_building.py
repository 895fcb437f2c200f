"""The mark of a warehouse under construction."""

import pytest

from retail_assets.lake import Lake
from retail_assets.warehouse.building import building, require_whole, unfinished
from retail_assets.warehouse.errors import HalfBuilt


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(tmp_path)


def fail_while_building(lake: Lake, models: set[str] | None = None) -> None:
    with pytest.raises(RuntimeError), building(lake, models):
        raise RuntimeError("dbt failed")


def test_a_warehouse_that_was_never_marked_is_whole(lake):
    require_whole(lake)


def test_the_mark_stands_while_dbt_runs_and_goes_when_it_succeeded(lake):
    with building(lake), pytest.raises(HalfBuilt):
        require_whole(lake)
    require_whole(lake)


def test_a_failed_build_leaves_the_mark_with_what_to_run(lake):
    fail_while_building(lake)
    with pytest.raises(HalfBuilt, match="make nightly"):
        require_whole(lake)


def test_a_small_run_does_not_vouch_for_the_models_of_a_failed_one(lake):
    fail_while_building(lake, {"sales_lines", "sales_daily"})
    with building(lake, {"sales_daily"}):
        pass
    assert unfinished(lake) == {"sales_lines"}
    with pytest.raises(HalfBuilt, match="sales_lines"):
        require_whole(lake)


def test_only_a_whole_build_finishes_a_failed_whole_build(lake):
    fail_while_building(lake)
    with building(lake, {"sales_daily"}):
        pass
    with pytest.raises(HalfBuilt):
        require_whole(lake)
    with building(lake):
        pass
    require_whole(lake)
