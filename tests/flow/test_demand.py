"""Demand on the platform: what was sold becomes forecasts, versions of them, and the account of how good they were."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import numpy as np
import polars as pl
import pytest

from ml.tracking.reading import champion
from retail_assets.config import REPOSITORY, FlowSettings, Settings
from retail_assets.definitions import build_defs
from retail_assets.demand.calibrations import QUICK, REGISTRY, Learnt, keep
from retail_assets.demand.forecasting import a_version_calibrated, every_product_is_known, forecast_night
from retail_assets.demand.opening import open_ahead, read_calendar, read_habits
from retail_assets.demand.panel import demand_at
from retail_assets.demand.previews import figures, past_errors_of
from retail_assets.demand.settings import NAME, DemandSettings
from retail_assets.demand.tables import DEMAND_CALIBRATIONS, DEMAND_FORECAST, DEMAND_ISSUES, TABLES
from retail_assets.flows import FLOWS
from retail_assets.models.spec import GateSettings, registry_of
from retail_assets.platform import Platform
from tests.classifiers import make_registry
from tests.lake_builder import LakeBuilder
from tests.prepared import copy_platform
from tests.warehouse import AS_OF, Builds

DAYS, HORIZON = 150, 28
EARLIER = AS_OF - timedelta(days=HORIZON)
WEEK = [0.8, 0.9, 1.0, 1.0, 1.2, 1.5, 0.0]
MARTS = (
    "daily_demand",
    "store_days",
    "product_performance",
    "forecast_accuracy",
    "demand_forecast",
    "demand_forecast_totals",
)


def drop_sales(lake: LakeBuilder) -> None:
    """Sales of three products in two stores, which are shut on Sundays; one is out of stock for three days."""
    chance = np.random.default_rng(4)
    lines, orders = [], 0
    for back in range(DAYS, 0, -1):
        day = AS_OF - timedelta(days=back)
        for store in ("S1", "S2"):
            for number in range(3):
                units = int(chance.poisson((3 + 5 * number) * WEEK[day.weekday()]))
                if not units or (store, number, back <= 23 and back > 20) == ("S1", 1, True):
                    continue
                orders += 1
                lines.append(
                    {
                        "order_id": f"O{orders}",
                        "line_number": 1,
                        "store_id": store,
                        "product_id": f"P{number}",
                        "sold_at": datetime(day.year, day.month, day.day, 11, tzinfo=UTC),
                        "quantity": units,
                        "unit_price": 2 + number,
                        "currency": "EUR",
                    }
                )
    lake.load("sales", lines)
    lake.load(
        "products", [{"product_id": f"P{n}", "name": f"Pen {n}", "category": "Paper"} for n in range(3)]
    )
    lake.load("stores", [{"store_id": f"S{n}", "name": f"Store {n}"} for n in (1, 2)])
    lake.load(
        "stock_counts",
        [
            {
                "store_id": "S1",
                "product_id": "P1",
                "counted_at": AS_OF - timedelta(days=back),
                "quantity": units,
            }
            for back, units in ((23, 0), (20, 500))
        ],
    )
    lake.write_ledger()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform with five months of sales, its marts, and an empty registry."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "dagster").mkdir()
    lake = LakeBuilder(folder / "data")
    drop_sales(lake)
    assert Builds(lake, *MARTS).build().problem is None
    make_registry(lake.platform.settings)
    return folder


@pytest.fixture
def platform(prepared: Path, tmp_path: Path) -> Platform:
    return cheap(copy_platform(prepared, tmp_path) / "data")


def cheap(data_dir: Path, **settings: Any) -> Platform:
    """With members that cost nothing."""
    own: dict[type[FlowSettings], FlowSettings] = {
        DemandSettings: DemandSettings(demand_models="theta", demand_workers=1, demand_backtest_windows=2),
        GateSettings: GateSettings(gate_min_real_examples=2),
    }
    return Platform(Settings(data_dir=data_dir, first_night=date(2026, 1, 1), **settings), FLOWS, own=own)


def forecast(platform: Platform, origin: date = AS_OF) -> bytes:
    """What a night writes."""
    forecast_night(platform, origin=origin, tell=lambda _: None)
    parts = [table.part(platform.lake, origin.isoformat()) for table in (DEMAND_FORECAST, DEMAND_ISSUES)]
    return b"".join(part.read_bytes() for part in parts if part.exists())


def change(platform: Platform, sql: str) -> None:
    with duckdb.connect(str(platform.lake.warehouse)) as connection:
        connection.execute(sql)


def test_a_forecast_reads_no_row_from_its_origin_on(platform: Platform) -> None:
    first = forecast(platform, EARLIER)
    [_, calibration] = sorted(DEMAND_CALIBRATIONS.parts(platform.lake), key=lambda part: part.stat().st_size)
    learnt = calibration.read_bytes()
    calibration.unlink()
    change(
        platform,
        "update marts.daily_demand set quantity = 999, price = 7, category = 'other', is_open = false, "
        f"is_promotion = true, is_out_of_stock = not is_out_of_stock where business_date >= '{EARLIER}'",
    )
    assert forecast(platform, EARLIER) == first
    assert calibration.read_bytes() == learnt
    change(
        platform, f"update marts.daily_demand set quantity = 99 where business_date = date '{EARLIER}' - 1"
    )
    assert forecast(platform, EARLIER) != first


def test_what_no_products_file_knows_is_told_and_not_foretold(platform: Platform) -> None:
    """Two units were sold of it once. They stay in daily demand; all else is foretold as it was."""
    before = forecast_night(platform, origin=AS_OF, tell=lambda _: None)
    assert every_product_is_known(before).passed
    lake, sold_at = (
        LakeBuilder(platform.settings.data_dir),
        datetime.combine(AS_OF - timedelta(days=3), time(12), UTC),
    )
    drop_sales(lake)
    sale = {"order_id": "once", "line_number": 1, "store_id": "S1", "product_id": "P9999", "sold_at": sold_at}
    lake.load("sales", [{**sale, "quantity": 2, "unit_price": 2, "currency": "EUR"}])
    lake.write_ledger()
    assert Builds(lake, *MARTS).build().problem is None
    found = forecast_night(platform, origin=AS_OF, tell=lambda _: None)
    assert found.rows.equals(before.rows)
    assert found.issues.filter(issue="unknown_product").select("store_id", "product_id").rows() == [
        ("S1", "P9999")
    ]
    finding = every_product_is_known(found)
    assert not finding.passed and "(P9999 in S1)" in finding.advice
    with duckdb.connect(str(platform.lake.warehouse), read_only=True) as connection:
        query = "select sum(quantity), any_value(category) from marts.daily_demand where product_id = 'P9999'"
        assert connection.execute(query).fetchall() == [(2, "unknown")]


def test_no_more_is_foretold_of_a_delisted_product_than_is_left(platform: Platform) -> None:
    """40 were counted yesterday. A week ago, when it was counted last, there were more than it sells in four weeks."""
    lake = LakeBuilder(platform.settings.data_dir)
    drop_sales(lake)
    lake.load("products", [{"product_id": "P1", "name": "Pen 1", "category": "Paper", "is_active": False}])
    count = {"store_id": "S1", "product_id": "P1", "counted_at": AS_OF - timedelta(days=1), "quantity": 40}
    lake.load("stock_counts", [count])
    lake.write_ledger()
    assert Builds(lake, *MARTS).build().problem is None
    with duckdb.connect(str(platform.lake.warehouse), read_only=True) as connection:
        query = (
            "select available_quantity from marts.stock_levels where store_id = 'S1' and product_id = 'P1'"
        )
        [(left,)] = connection.execute(query).fetchall()
    found = forecast_night(platform, origin=AS_OF, tell=lambda _: None)
    of_p1 = found.rows.filter(model="ensemble", product_id="P1").group_by("store_id").agg(pl.sum("expected"))
    units = dict(of_p1.iter_rows())
    assert 0 < left <= 40
    assert units["S1"] == pytest.approx(float(left), abs=1e-4)
    assert units["S2"] > 100, "nobody counted there"
    assert found.issues.filter(issue="sold_off").select("store_id", "product_id").rows() == [("S1", "P1")]
    earlier = forecast_night(platform, origin=AS_OF - timedelta(days=7), tell=lambda _: None)
    assert earlier.rows.filter(model="ensemble", product_id="P1", store_id="S1")["expected"].sum() > 100


def test_days_ahead_are_open_by_the_rule_of_days_past(platform: Platform) -> None:
    """Foretold from any night, its own day is open as int_store_days has it once it is over without a sale."""
    lake = LakeBuilder(platform.settings.data_dir)
    drop_sales(lake)
    sunday = AS_OF - timedelta(days=5)
    entries = [("S1", sunday, True), ("S2", sunday - timedelta(days=7), True), ("S2", sunday, False)]
    lake.load("store_calendar", [{"store_id": s, "date": d, "is_open": o} for s, d, o in entries])
    lake.load("stores", [{"store_id": "S2", "name": "Store 2", "opened_on": AS_OF - timedelta(days=20)}])
    lake.write_ledger()
    assert Builds(lake, *MARTS).build().problem is None
    first, last = AS_OF - timedelta(days=40), AS_OF - timedelta(days=1)
    with duckdb.connect(str(platform.lake.warehouse), read_only=True) as connection:
        past = connection.sql(
            "select store_id, business_date, day.is_open, habit.has_traded from intermediate.int_store_days as day "
            "join intermediate.int_store_habits as habit using (store_id) "
            f"where known_on = business_date and business_date between '{first}' and '{last}'"
        ).pl()
    habits, calendar = read_habits(platform, first, AS_OF), read_calendar(platform, first, AS_OF)
    stores, days = pl.Series(["S1", "S2"]), pl.date_range(first, last, eager=True)
    told = pl.concat([open_ahead(stores, habits, calendar, day, 1) for day in days])
    both = past.join(told, on=("store_id", "business_date"), suffix="_told")
    assert both.height == 2 * 40
    quiet = both.filter(~pl.col("has_traded"))
    assert quiet.filter(pl.col("is_open") != pl.col("is_open_told")).is_empty()
    assert quiet.filter("is_open").select("store_id", "business_date").sort(pl.all()).rows() == [
        ("S1", sunday), ("S2", sunday - timedelta(days=7)),
    ]  # fmt: skip


def test_what_is_sold_or_comes_back_later_changes_no_forecast(platform: Platform) -> None:
    """The marts are built again with them: a return of the newest sale before the origin, a sale, a new product."""

    def last_day() -> list[tuple]:
        with duckdb.connect(str(platform.lake.warehouse), read_only=True) as connection:
            return connection.execute(
                "select units_sold, quantity from marts.daily_demand where store_id = 'S2' and product_id = 'P2' "
                f"and business_date = date '{EARLIER}' order by all"
            ).fetchall()

    def at(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)

    with duckdb.connect(str(platform.lake.warehouse), read_only=True) as connection:
        [(order,)] = connection.execute(
            "select arg_max(order_id, business_date) from marts.sales_lines "
            f"where store_id = 'S2' and product_id = 'P2' and business_date < date '{EARLIER}'"
        ).fetchall()
    first, [(sold, wanted)] = forecast(platform, EARLIER), last_day()
    lake, of = LakeBuilder(platform.settings.data_dir), {"store_id": "S2", "product_id": "P2"}
    later = {**of, "line_number": 1, "sold_at": at(EARLIER), "unit_price": 6, "currency": "EUR"}
    drop_sales(lake)
    lake.load("sales", [
        {**later, "order_id": "back", "quantity": -2, "credited_order_id": order},
        {**later, "order_id": "sold", "quantity": 50},
        {**later, "order_id": "new", "quantity": 5, "product_id": "P9"},
    ])  # fmt: skip
    lake.write_ledger()
    assert Builds(lake, *MARTS).build().problem is None
    assert last_day() == [(sold + 50, wanted + 48)]
    for part in DEMAND_CALIBRATIONS.parts(platform.lake):
        part.unlink()
    assert forecast(platform, EARLIER) == first


def test_a_night_that_is_run_again_writes_the_same_bytes(platform: Platform) -> None:
    first = forecast(platform)
    forecast(platform, AS_OF + timedelta(days=1))
    assert forecast(platform) == first


def test_a_night_that_is_run_again_takes_the_calibration_that_it_took(platform: Platform) -> None:
    """A version that comes later does not weigh it, though it has learnt from no day after it; unless it shall, or the
    night's own is not kept any more, which is told."""
    first = forecast_night(platform, origin=AS_OF, tell=lambda _: None)
    part = DEMAND_FORECAST.part(platform.lake, AS_OF.isoformat())
    written = part.read_bytes()
    assert first.learnt is not None
    weighed = {kind: {"seasonal_naive": 1.0} for kind in first.learnt.calibration.weights}
    other = replace(first.learnt.calibration, weights=weighed)
    keep(platform, Learnt("8", REGISTRY, AS_OF - timedelta(days=1), other))
    again = forecast_night(platform, origin=AS_OF, tell=lambda _: None)
    assert again.learnt and again.learnt.version == first.learnt.version and part.read_bytes() == written
    anew = forecast_night(platform, origin=AS_OF, tell=lambda _: None, anew=True)
    assert anew.learnt and anew.learnt.version == "8" and not anew.rows.equals(first.rows)
    DEMAND_FORECAST.write(platform.lake, AS_OF.isoformat(), first.rows)
    for quick in DEMAND_CALIBRATIONS.parts(platform.lake):
        if QUICK in quick.stem:
            quick.unlink()
    lost = forecast_night(platform, origin=AS_OF, tell=lambda _: None)
    assert lost.rows.equals(anew.rows)
    finding = a_version_calibrated(lost)
    assert not finding.passed
    assert (
        f"weighed by {first.learnt.version} before, which is not kept any more, and now by 8"
        in finding.advice
    )


def test_a_night_without_sales_costs_next_to_nothing(platform: Platform) -> None:
    script = (
        "import sys, time; from datetime import date; from pathlib import Path;"
        "from retail_assets.config import Settings; from retail_assets.flows import platform_of;"
        "from retail_assets.demand.forecasting import forecast_night;"
        "platform = platform_of(Settings(data_dir=Path(sys.argv[1]))); start = time.process_time();"
        "found = forecast_night(platform, origin=date(2020, 1, 1), tell=print);"
        "assert found.rows.is_empty() and found.learnt is None; print(time.process_time() - start < 1);"
        "print([m for m in ('torch', 'prophet', 'statsforecast', 'lightgbm', 'mlflow') if m in sys.modules])"
    )
    run = [sys.executable, "-c", script, str(platform.settings.data_dir)]
    done = subprocess.run(run, capture_output=True, text=True, cwd=REPOSITORY)
    assert done.stdout.splitlines() == [
        "Nothing was sold before 2020-01-01: there is nothing to forecast from.",
        "True",
        "[]",
    ], done.stderr
    assert not DEMAND_FORECAST.part(platform.lake, "2020-01-01").exists()


def test_before_the_first_build_there_is_nothing_to_forecast(tmp_path: Path) -> None:
    platform = cheap(LakeBuilder(tmp_path).lake.root)
    assert forecast_night(platform, origin=AS_OF, tell=lambda _: None).rows.is_empty()


@pytest.fixture(scope="module")
def after_nights(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after four nights, of which the newest was taken back, with the marts as they are then."""
    folder = copy_platform(prepared, tmp_path_factory.mktemp("after_nights"))
    for days in (-HORIZON, -7, 0, 1):
        forecast(cheap(folder / "data"), AS_OF + timedelta(days=days))
    lake = LakeBuilder(folder / "data")
    drop_sales(lake)
    assert Builds(lake, *MARTS).build().problem is None
    return folder


@pytest.fixture
def nights(after_nights: Path, tmp_path: Path) -> Platform:
    return cheap(copy_platform(after_nights, tmp_path) / "data")


@pytest.fixture
def judged(nights: Platform) -> Iterator[pl.DataFrame]:
    """forecast_accuracy of the two origins that can be judged."""
    with duckdb.connect(str(nights.lake.warehouse), read_only=True) as connection:
        yield connection.sql("from marts.forecast_accuracy").pl()


def test_forecast_accuracy_is_what_a_plain_calculation_gives(nights: Platform, judged: pl.DataFrame) -> None:
    platform = nights
    with duckdb.connect(str(platform.lake.warehouse), read_only=True) as connection:
        demand = connection.sql(
            "from marts.daily_demand where is_open and not is_out_of_stock and not is_sold_out"
        ).pl()
        classes = dict(
            connection.sql("select product_id, abc_class from marts.product_performance").fetchall()
        )
        newest = connection.sql("select distinct origin, store_id from marts.demand_forecast order by 2")
        assert newest.fetchall() == [(AS_OF, "S1"), (AS_OF, "S2")]
    actual = {
        (store, product, day): max(float(units), 0.0)
        for store, product, day, units in demand.select(
            "store_id", "product_id", "business_date", "quantity"
        ).iter_rows()
    }
    groups: dict[tuple, dict[tuple, list[tuple[float, float, bool, bool, float]]]] = {}
    for part in DEMAND_FORECAST.parts(platform.lake):
        for row in pl.read_parquet(part).iter_rows(named=True):
            key = row["store_id"], row["product_id"], row["date"]
            if key not in actual:
                continue
            ahead = (row["date"] - row["origin"]).days
            bucket = "1-7" if ahead < 7 else "8-14" if ahead < 14 else "15-28"
            group = row["origin"], row["model"], bucket, classes[row["product_id"]], row["segment"]
            units = actual[key]
            point = (
                row["mean"] - units,
                units,
                row["lo_80"] <= units <= row["hi_80"],
                row["lo_95"] <= units <= row["hi_95"],
                row["scale"],
            )
            groups.setdefault(group, {}).setdefault(key[:2], []).append(point)
    assert len(judged) == len(groups)
    assert {row["origin"] for row in judged.iter_rows(named=True)} == {EARLIER, AS_OF - timedelta(days=7)}
    assert {"ensemble", "seasonal_naive", "weekday_mean"} <= set(judged["model"])
    for row in judged.iter_rows(named=True):
        series = groups[row["origin"], row["model"], row["horizon_bucket"], row["abc_class"], row["segment"]]
        points = [point for of in series.values() for point in of]
        errors, units, in_80, in_95, _ = map(np.array, zip(*points, strict=True))
        mase = [np.mean([abs(p[0]) for p in of]) / of[0][4] for of in series.values()]
        expected = {
            "series": len(series),
            "days": len(points),
            "wape": np.abs(errors).sum() / units.sum(),
            "bias": errors.sum() / units.sum(),
            "mase": np.mean(mase),
            "coverage_80": in_80.mean(),
            "coverage_95": in_95.mean(),
            "absolute_error": np.abs(errors).sum(),
        }
        found = {name: float(row[name]) for name in expected}
        assert found == pytest.approx(expected, abs=0.002), row


def test_pictures_show_what_past_origins_missed_most(nights: Platform, judged: pl.DataFrame) -> None:
    """By the errors that forecast_accuracy sums up."""
    platform = nights
    known = demand_at(platform, AS_OF, HORIZON)
    assert known is not None
    errors = past_errors_of(platform, known)
    ensemble = judged.filter(model="ensemble")
    assert float(errors["absolute_error"].sum()) == pytest.approx(
        float(ensemble["absolute_error"].sum()), abs=0.1
    )
    found = forecast_night(platform, origin=AS_OF, tell=lambda _: None)
    assert set(figures(platform, found)) == {"fans_of_the_most_valuable", "fans_of_the_worst"}


def test_sums_are_those_of_the_newest_origin_and_add_up(nights: Platform) -> None:
    with duckdb.connect(str(nights.lake.warehouse), read_only=True) as connection:
        [(origin, sums)] = connection.execute(
            "select any_value(origin), count(distinct origin) from marts.demand_forecast_totals"
        ).fetchall()
        assert (origin, sums) == (AS_OF, 1)
        different = """
            with parts as (
                select unnest([
                    {'level': 'total', 'sum_of': 'all'},
                    {'level': 'store', 'sum_of': store_id},
                    {'level': 'category', 'sum_of': 'Paper'},
                    {'level': 'product', 'sum_of': product_id},
                ], recursive := true), date, expected
                from marts.demand_forecast
            ),
            added as (
                select level, sum_of, date, sum(expected::decimal(18, 6)) as expected, count(*) as series
                from parts group by all
            )
            from added full join marts.demand_forecast_totals as total using (level, sum_of, date)
            where added.expected is distinct from total.expected::decimal(18, 6)
                or added.series is distinct from total.series
        """
        assert connection.execute(different).fetchall() == []
        levels = "select level, count(*) from marts.demand_forecast_totals group by all order by all"
        assert connection.execute(levels).fetchall() == [
            ("category", HORIZON), ("product", 3 * HORIZON), ("store", 2 * HORIZON), ("total", HORIZON),
        ]  # fmt: skip


def test_days_out_of_stock_are_not_judged(judged: pl.DataFrame) -> None:
    of_28 = judged.filter(origin=EARLIER, model="ensemble")
    # It was counted on the first of its three days out, and is known from the next one on.
    assert of_28["days"].sum() == 6 * (HORIZON - 4) - 2, "nor Sundays"


def test_only_origins_that_reach_into_changed_days_are_judged_again(platform: Platform) -> None:
    """A sale of three days ago, a forecast written anew, one that is new and one that is taken away."""
    forecast(platform, EARLIER)
    made = DEMAND_FORECAST.read(platform.lake, EARLIER.isoformat())

    def write(days_back: int, more: float = 0) -> date:
        later, origin = pl.duration(days=HORIZON - days_back), AS_OF - timedelta(days=days_back)
        rows = made.with_columns(pl.col("origin", "date") + later, mean=pl.col("mean") + more)
        DEMAND_FORECAST.write(platform.lake, origin.isoformat(), rows)
        return origin

    def errors() -> pl.DataFrame:
        with duckdb.connect(str(platform.lake.warehouse), read_only=True) as connection:
            return connection.sql("from intermediate.int_forecast_errors order by all").pl()

    far, near, gone = write(70), write(60), write(14)
    lake = LakeBuilder(platform.settings.data_dir)
    drop_sales(lake)
    assert Builds(lake, "forecast_accuracy").build().problem is None
    change(platform, f"update intermediate.int_forecast_errors set days = 999 where origin = '{far}'")
    before = errors()
    assert set(before["origin"]) == {far, near, EARLIER, gone}
    sold_at = datetime.combine(AS_OF - timedelta(days=3), time(12), UTC)
    sale = {"order_id": "late", "line_number": 1, "store_id": "S1", "product_id": "P0", "sold_at": sold_at}
    lake.load("sales", [{**sale, "quantity": 9, "unit_price": 2, "currency": "EUR"}])
    lake.write_ledger()
    write(60, more=1)
    new = write(7)
    DEMAND_FORECAST.part(platform.lake, gone.isoformat()).unlink()
    assert Builds(lake, "forecast_accuracy").build().problem is None
    after = errors()
    assert after.filter(origin=far).equals(before.filter(origin=far)), "nothing of its days has changed"
    assert set(after["origin"]) == {far, near, EARLIER, new}
    for origin in (near, EARLIER):
        assert not after.filter(origin=origin).equals(before.filter(origin=origin))
    shutil.rmtree(platform.lake.warehouse.parent)
    assert Builds(lake, "forecast_accuracy").build().problem is None
    known = pl.col("origin") != far
    assert errors().filter(known).equals(after.filter(known)), "as a build from nothing has it"


Ran = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def run() -> Iterator[Ran]:
    with dg.DagsterInstance.ephemeral() as instance:

        def ran(
            platform: Platform, job: str | None, *assets: str, **options: Any
        ) -> dg.ExecuteInProcessResult:
            defs = build_defs(platform)
            found = defs.resolve_job_def(job) if job else defs.resolve_implicit_global_asset_job_def()
            return found.execute_in_process(
                instance=instance,
                asset_selection=[dg.AssetKey(one.split("/")) for one in assets] or None,
                raise_on_error=False,
                **options,
            )

        yield ran


def test_a_night_as_an_asset(platform: Platform, run: Ran) -> None:
    config = {"ops": {"demand_forecast": {"config": {"days_back": [7, 28]}}}}
    assets = [f"lake/{table.name}" for table in TABLES]
    done = run(platform, None, *assets, partition_key=AS_OF.isoformat(), run_config=config)
    assert done.success
    checks = {check.check_name: check for check in done.get_asset_check_evaluations()}
    assert checks["every_store_is_heard"].passed and checks["every_product_is_known"].passed
    check = checks["a_version_calibrated"]
    assert not check.passed and "make run JOB=train_demand_models" in (check.description or "")
    assert "make setup" not in (check.description or "")
    [told] = [
        one.step_materialization_data.materialization.metadata
        for one in done.get_asset_materialization_events()
        if one.asset_key == dg.AssetKey(["lake", "demand_forecast"])
    ]
    assert told["series"].value == 6
    assert told["calibration"].value == "quick-2026-10-23"
    assert "data:image/png" in str(told["fans_of_the_most_valuable"].value)
    parts = [part.stem for part in DEMAND_FORECAST.parts(platform.lake) if part.stem != "empty"]
    assert parts == ["2026-10-23", "2026-11-13", "2026-11-20"]
    assert [part.stem for part in DEMAND_ISSUES.parts(platform.lake)][:1] == ["empty"]


def test_a_version_is_trained_judged_promoted_and_taken(platform: Platform, run: Ran, tmp_path: Path) -> None:
    done = run(platform, "train_demand_models")
    assert done.success
    promoted = champion(registry_of(platform.settings), NAME)
    assert promoted is not None and promoted.tags["gate_outcome"] == "promoted"
    assert promoted.metrics["wape"] < promoted.metrics["naive_wape"]
    tomorrow = AS_OF + timedelta(days=1)
    found = forecast_night(platform, origin=tomorrow, tell=lambda _: None)
    assert found.learnt and (found.learnt.source, found.learnt.version) == (REGISTRY, "1")
    assert a_version_calibrated(found).passed
    assert found.rows["calibration_version"].unique().to_list() == ["1"]
    # The origin of the training itself, and one that is a month back, of which the version knows too much.
    past = forecast_night(platform, origin=EARLIER, tell=lambda _: None)
    assert past.learnt and past.learnt.source == QUICK
    DEMAND_FORECAST.part(platform.lake, tomorrow.isoformat()).unlink()
    away = cheap(platform.settings.data_dir, mlflow_url="http://127.0.0.1:9")
    said: list[str] = []
    kept = forecast_night(away, origin=tomorrow, tell=said.append)
    assert kept.rows.equals(found.rows), "the last stored calibration"
    finding = a_version_calibrated(kept)
    assert not finding.passed and "The last version's calibration that is kept (1)" in finding.advice
    # Nothing changed, so the second candidate is no better, and members are not asked again.
    assert run(platform, "train_demand_models").success
    again = champion(registry_of(platform.settings), NAME)
    assert again is not None and again.number == 1


def test_forecasts_that_got_worse_than_their_training_are_told(platform: Platform, run: Ran) -> None:
    def look() -> tuple[dg.AssetCheckEvaluation, dict[str, Any]]:
        done = run(platform, "weekly_drift", "models/demand_models_drift")
        [check] = done.get_asset_check_evaluations()
        return check, {name: value.value for name, value in check.metadata.items()}

    check, shown = look()
    assert check.passed and "No version of demand-forecast can score" in shown["not compared"]
    assert run(platform, "train_demand_models").success
    check, shown = look()
    assert check.passed and "weighed 0 nights" in shown["not compared"]
    nights = [AS_OF - timedelta(days=back) for back in range(1, 8)]
    absent = pl.DataFrame([dict.fromkeys(DEMAND_FORECAST.schema.names())], schema=DEMAND_FORECAST.schema)
    for night in nights:
        row = absent.with_columns(origin=pl.lit(night), calibration_version=pl.lit("1"))
        DEMAND_FORECAST.write(platform.lake, night.isoformat(), row)
    rows = ", ".join(
        f"(date '{night}', '{model}', '1-7', 'A', 'smooth', 6, 42, 0.4, 100, 100, {error})"
        for night in nights
        for model, error in {"ensemble": 50, "seasonal_naive": 30, "weekday_mean": 20}.items()
    )
    columns = "origin, model, horizon_bucket, abc_class, segment, series, days, coverage_80, "
    columns += "actual_quantity, forecast_quantity, absolute_error"
    change(platform, f"insert into marts.forecast_accuracy ({columns}) values {rows}")
    check, shown = look()
    assert not check.passed and check.severity == dg.AssetCheckSeverity.WARN
    assert (shown["examples"], shown["coverage_80"], shown["wape_against_naive"]) == (7, 0.4, 2.5)
    assert "wape_against_naive is 2.500 (its training: 0." in str(check.description)
