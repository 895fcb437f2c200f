"""What Python that computes from marts reads of the working warehouse."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting

import polars as pl
import pytest

from retail_assets.platform import Platform
from retail_assets.warehouse.errors import NoWarehouse
from retail_assets.warehouse.lock import warehouse_lock
from retail_assets.warehouse.reading import read_mart
from tests.synthetic_warehouse import change

MUGS = (
    "create schema marts; create table marts.products as select 'P1' as product_id, 'Mug' as name, 2 as size"
)


def test_a_mart_is_read_by_the_columns_that_are_named(platform: Platform) -> None:
    change(platform.lake, MUGS)
    found = read_mart(platform, "products", "name", "product_id")
    assert found.equals(pl.DataFrame({"name": ["Mug"], "product_id": ["P1"]}))


def test_reading_waits_for_a_build_that_is_under_way(platform: Platform) -> None:
    change(platform.lake, MUGS)
    with ThreadPoolExecutor(1) as other:
        with warehouse_lock(platform.lake):
            reading = other.submit(read_mart, platform, "products", "name")
            with pytest.raises(StillWaiting):
                reading.result(timeout=0.3)
        assert reading.result(timeout=30).height == 1


def test_what_was_not_built_yet_is_said_with_what_to_run(platform: Platform) -> None:
    with pytest.raises(NoWarehouse, match="make nightly"):
        read_mart(platform, "products", "name")
    change(platform.lake, MUGS)
    with pytest.raises(NoWarehouse, match="no mart stores yet: run `make nightly`"):
        read_mart(platform, "stores", "name")
