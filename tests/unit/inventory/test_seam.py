"""What one flow leaves another reads: the columns are declared once, and both hold to them."""

import polars as pl

from retail_assets.demand.tables import DEMAND_FORECAST
from retail_assets.inventory.knowing import units_foretold
from retail_assets.kit.foretold import FORECAST, ForetoldDemand
from retail_assets.schema import columns_of, polars_schema

SEAM = polars_schema(columns_of(ForetoldDemand))


def test_the_forecast_has_the_columns_that_are_ordered_by() -> None:
    assert DEMAND_FORECAST.name == FORECAST
    assert {name: DEMAND_FORECAST.schema.get(name) for name in SEAM.names()} == dict(SEAM)


def test_what_is_ordered_by_reads_these_columns_and_no_other() -> None:
    found = units_foretold(pl.LazyFrame(schema=SEAM)).collect()
    assert {"store_id", "product_id", "date", "expected", "segment", "origin", "version"} < set(found.columns)
    more = pl.LazyFrame(schema={**SEAM, "something": pl.Int64})
    assert units_foretold(more).collect().equals(found)
