"""What past forecasts missed is measured beside daily demand, and widens what is ordered."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import duckdb
import pytest

from retail_assets.inventory.knowing import FORECAST
from retail_assets.inventory.past_errors import MOST_ORIGINS, PastErrors, apart, past_errors
from retail_assets.inventory.replenishment import NightProposed, a_forecast_to_order_by
from tests.foretold import HORIZON, foretold, nothing_proposed, write_forecast
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, Builds

PAIRS = [("S1", f"P{n}") for n in range(30)]
SOLD, FORETOLD = 12, 9
ALL_THE_SAME = 5 / 7 * 1 + 2 / 7 * 0.05
"""The correlation of five origins whose errors are the same on all days; what is usual weighs as much as two."""
ORIGINS = [AS_OF - timedelta(days=HORIZON + 7 * week) for week in range(5)]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeBuilder:
    """12 were sold of each product every day; 9 had been foretold, with a spread of 3: each day was off by one."""
    lake = LakeBuilder(tmp_path_factory.mktemp("past"))
    days = [AS_OF - timedelta(days=back) for back in range(1, 70)]
    lake.load("sales", [
        {"order_id": f"{day}-{product}", "line_number": 1, "store_id": store, "product_id": product, "quantity": SOLD,
         "sold_at": datetime(day.year, day.month, day.day, 11, tzinfo=UTC), "unit_price": 2, "currency": "EUR"}
        for day in days for store, product in PAIRS
    ])  # fmt: skip
    lake.load("stores", [{"store_id": "S1", "name": "One"}])
    lake.load("products", [{"product_id": product, "name": product} for _, product in PAIRS])
    lake.write_ledger()
    assert Builds(lake, "daily_demand").build().problem is None
    return lake


@pytest.fixture(autouse=True)
def nothing_foretold(lake: LakeBuilder) -> None:
    for path in lake.platform.tables[FORECAST].parts(lake.lake):
        path.unlink()


def forecast_from(lake: LakeBuilder, origins: list[date]) -> None:
    for origin in origins:
        write_forecast(lake.platform, foretold(dict.fromkeys(PAIRS, FORETOLD), origin))


def test_few_origins_tell_little(lake: LakeBuilder) -> None:
    """Three are over; the day before each says the same, and of the newest one the last day is to come. What is usual
    weighs as much as two."""
    forecast_from(lake, [AS_OF - timedelta(days=HORIZON - 1)])
    assert past_errors(lake.platform, as_of=AS_OF, horizon=HORIZON) == PastErrors(0)
    for origin in ORIGINS[:3]:
        forecast_from(lake, [origin, origin - timedelta(days=1)])
    found = past_errors(lake.platform, as_of=AS_OF, horizon=HORIZON)
    assert (found.origins, found.errors is None) == (3, False)
    assert found.errors is not None
    assert found.errors.correlation == pytest.approx(3 / 5 * 1 + 2 / 5 * 0.05)


def test_what_they_missed_is_measured(lake: LakeBuilder) -> None:
    forecast_from(lake, ORIGINS)
    found = past_errors(lake.platform, as_of=AS_OF, horizon=HORIZON)
    assert found.origins == 5
    assert found.errors is not None
    # Always 3 too few: the errors of all days are the same one, as large as a spread, and no larger far ahead.
    assert found.errors.correlation == pytest.approx(ALL_THE_SAME)
    assert found.errors.growth == 0
    assert found.off_by == pytest.approx(FORETOLD / SOLD - 1)
    figures = a_forecast_to_order_by(NightProposed(nothing_proposed(), past=found)).figures
    assert (figures["past_origins"], figures["expected_off_by"]) == (5, -0.25)
    assert found.errors.widths == {"smooth": pytest.approx(1)}


@pytest.mark.parametrize("flag", ["is_out_of_stock", "is_sold_out", "is_silent"])
def test_what_happened_on_days_of_which_nothing_is_known_is_no_error(lake: LakeBuilder, flag: str) -> None:
    """Nothing was sold of a product on a day."""
    forecast_from(lake, ORIGINS)
    day = f"business_date = '{AS_OF - timedelta(days=9)}' and product_id = 'P7'"

    def change(to: str) -> None:
        with duckdb.connect(str(lake.lake.warehouse)) as connection:
            connection.execute(f"update marts.daily_demand set {to} where {day}")

    try:
        change(f"quantity = 0, {flag} = true")
        found = past_errors(lake.platform, as_of=AS_OF, horizon=HORIZON)
    finally:
        change(f"quantity = {SOLD}, {flag} = false")
    assert found.errors is not None
    assert (found.errors.correlation, found.errors.widths) == (
        pytest.approx(ALL_THE_SAME),
        {"smooth": pytest.approx(1)},
    )


def test_days_of_other_horizons_do_not_count(lake: LakeBuilder) -> None:
    forecast_from(lake, ORIGINS)
    found = past_errors(lake.platform, as_of=AS_OF, horizon=HORIZON - 7)
    assert (found.origins == 5, found.errors) == (True, None)


def test_origins_lie_a_week_apart() -> None:
    days = [AS_OF - timedelta(days=back) for back in range(200)]
    found = apart(days)
    assert (found[0], len(found)) == (AS_OF, MOST_ORIGINS)
    assert {one - other for one, other in pairwise(found)} == {timedelta(days=7)}
    assert apart(days[3:4]) == days[3:4]
