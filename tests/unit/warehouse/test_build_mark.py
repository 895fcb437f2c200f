"""The mark of a warehouse under construction."""

from collections.abc import Collection

import pytest

from retail_assets.lake import Lake
from retail_assets.warehouse.build_mark import building, require_whole, unfinished
from retail_assets.warehouse.errors import HalfBuilt

ALL = {"stg_sales", "sales_lines", "sales_daily"}


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake(tmp_path)


def fail_while_building(lake: Lake, models: set[str], *, to_come: Collection[str] = ()) -> None:
    with pytest.raises(RuntimeError), building(lake, models, to_come=to_come):
        raise RuntimeError("dbt failed")


def test_a_warehouse_that_was_never_marked_is_whole(lake):
    require_whole(lake)


def test_the_mark_stands_while_dbt_runs_and_goes_when_it_succeeded(lake):
    with building(lake, ALL), pytest.raises(HalfBuilt):
        require_whole(lake)
    require_whole(lake)


def test_a_failed_build_leaves_the_mark_with_what_to_run(lake):
    fail_while_building(lake, ALL)
    with pytest.raises(HalfBuilt, match=r"sales_daily, sales_lines, stg_sales.*make nightly"):
        require_whole(lake)


def test_a_small_run_does_not_vouch_for_the_models_of_a_failed_one(lake):
    fail_while_building(lake, {"sales_lines", "sales_daily"})
    with building(lake, {"sales_daily"}):
        pass
    assert unfinished(lake) == {"sales_lines"}
    with pytest.raises(HalfBuilt, match="sales_lines"):
        require_whole(lake)


def test_only_a_whole_build_finishes_a_failed_whole_build(lake):
    fail_while_building(lake, ALL)
    with building(lake, {"sales_daily"}):
        pass
    with pytest.raises(HalfBuilt):
        require_whole(lake)
    with building(lake, ALL):
        pass
    require_whole(lake)


def test_models_that_failed_stay_marked_while_the_rest_is_done(lake):
    with building(lake, ALL) as stays:
        stays |= {"sales_daily"}
    assert unfinished(lake) == {"sales_daily"}


def test_the_mark_spans_both_runs_of_dbt(lake):
    first, rest = {"stg_sales", "sales_lines"}, {"sales_daily"}
    with building(lake, first, to_come=rest):
        assert unfinished(lake) == ALL
    with pytest.raises(HalfBuilt, match="sales_daily"):
        require_whole(lake)
    with building(lake, rest):
        pass
    require_whole(lake)


def test_a_kill_between_the_runs_of_dbt_is_finished_by_the_second_alone(lake):
    fail_while_building(lake, {"stg_sales", "sales_lines"}, to_come={"sales_daily"})
    with building(lake, {"sales_daily"}):
        pass
    assert unfinished(lake) == {"stg_sales", "sales_lines"}
