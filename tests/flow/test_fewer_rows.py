"""A mart that loses most of its rows is not published unseen; a decision lets it through, once."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from retail_assets.decisions.deciding import decide
from retail_assets.decisions.kinds import Decision
from retail_assets.lake import Lake
from retail_assets.platform import Platform
from retail_assets.warehouse.errors import FewerRows
from retail_assets.warehouse.publication import Publication, publish
from tests.faults.night import NIGHT, start_night
from tests.prepared import copy_platform, require_success, start
from tests.synthetic_warehouse import AS_OF, change, land_published_tables, make_warehouse


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = Lake(tmp_path_factory.mktemp("made"))
    make_warehouse(lake)
    return lake.warehouse


@pytest.fixture
def lake(platform: Platform, made: Path) -> Lake:
    """Of a platform that has published 40 products and 3,000 sales lines."""
    platform.lake.warehouse.parent.mkdir(parents=True)
    shutil.copyfile(made, platform.lake.warehouse)
    land_published_tables(platform.lake)
    run(platform)
    return platform.lake


def run(platform: Platform) -> Publication:
    return publish(platform=platform, as_of=AS_OF, run_id="a-run")


def accept(platform: Platform, mart: str, number: int = 1) -> str:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    decision = Decision(f"d{number}", at, "admin", "accept_fewer_rows", mart)
    handlers = platform.handlers()
    return decide(settings=platform.settings, handlers=handlers, as_of=AS_OF, decision=decision).message


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("delete from marts.products", "products would have 0 rows and has 40"),
        ("delete from marts.products where product_id >= 'P2'", "products would have 12 rows and has 40"),
        ("drop table marts.products", "products would have 0 rows and has 40"),
    ],
)
def test_a_mart_that_loses_most_of_its_rows_is_refused_with_before_and_after(platform, lake, sql, said):
    change(lake, sql)
    with pytest.raises(FewerRows, match=f"{said}. See") as refused:
        run(platform)
    assert "sales_lines" not in str(refused.value)
    assert lake.published.resolve().name == "1"


def test_all_marts_that_vanish_are_named_at_once(platform, lake):
    change(lake, "delete from marts.products; delete from marts.sales_lines; delete from marts.sales_orders")
    with pytest.raises(FewerRows, match=r"products .*; sales_lines .* 3,000; sales_orders .*"):
        run(platform)


@pytest.mark.parametrize(
    "sql",
    [
        "delete from marts.products where product_id > 'P3'",
        "create or replace view marts.rejected_rows as "
        "select feed, business_date from warehouse.staging.stg_rejects limit 0",
    ],
    ids=["half of the rows", "a mart that may shrink"],
)
def test_what_may_be_lost_is_published(platform, lake, sql):
    change(lake, sql)
    assert run(platform).release == 2


def test_a_small_mart_may_lose_rows_but_not_all(platform, lake):
    change(lake, "create table marts.stores as select 'S' || i as store_id from range(19) as r(i)")
    run(platform)
    change(lake, "delete from marts.stores where store_id <> 'S1'")
    assert run(platform).release == 3
    change(lake, "delete from marts.stores")
    with pytest.raises(FewerRows, match="stores would have 0 rows and has 1"):
        run(platform)


def test_a_setting_says_how_much_may_be_lost(platform, lake):
    strict = Platform(platform.settings.model_copy(update={"mart_may_shrink": 0.05}), platform.flows)
    change(lake, "delete from marts.products where product_id > 'P6'")
    with pytest.raises(FewerRows, match="products would have 37 rows and has 40"):
        run(strict)
    assert run(platform).release == 2


def test_a_decision_lets_one_mart_through_once(platform, lake):
    change(lake, "delete from marts.products; delete from marts.stock_levels")
    assert accept(platform, "products") == "In the next release products may have fewer rows."
    with pytest.raises(FewerRows, match=r"MAY_SHRINK\): stock_levels"):
        run(platform)
    accept(platform, "stock_levels", 2)
    assert run(platform).release == 2
    change(lake, "insert into marts.products select 'P' || i, 'Mug' from range(40) as r(i)")
    assert run(platform).release == 3
    change(lake, "delete from marts.products")
    with pytest.raises(FewerRows, match="products would have 0 rows"):
        run(platform)
    accept(platform, "products", 3)
    assert run(platform).release == 4


def test_a_decision_about_no_mart_is_refused(platform, lake):
    assert accept(platform, "prodcuts") == "There is no mart prodcuts."


def withdrawals(folder: Path) -> str:
    """Decisions to withdraw the history of sales, and its copy that would count instead."""
    drops = pl.read_parquet(folder / "data" / "lake" / "ledger" / "drops.parquet")
    names = drops.filter(pl.col("name").is_in(["history.csv", "again.csv"]))["sequence"]
    return "".join(f"w{number},2026-11-20T09:00:00Z,admin,withdraw_file,{number}\n" for number in names)


def test_a_night_whose_history_was_withdrawn_waits_for_a_decision(calm_night: Path, tmp_path: Path) -> None:
    folder = copy_platform(calm_night, tmp_path)
    first = (folder / "data" / "published").readlink()
    head = "decision_id,at,actor,kind,subject\n"
    decisions = folder / "data" / "inbox" / "decisions"
    decisions.mkdir(parents=True, exist_ok=True)
    (decisions / "withdraw.csv").write_text(head + withdrawals(folder))
    night = start_night(folder)
    assert night.wait(120) == 1
    said = (folder / "nightly.log").read_text()
    assert "sales_lines would have" in said
    assert "decide accept_fewer_rows about each" in said
    assert (folder / "data" / "published").readlink() == first
    sales = ("sales_lines", "sales_orders", "sales_daily", "daily_demand", "demand_forecast")
    marts = (*sales, "stock_levels", "stock_movements")
    rows = "".join(f"a{n},2026-11-20T10:00:00Z,admin,accept_fewer_rows,{m}\n" for n, m in enumerate(marts))
    (decisions / "accept.csv").write_text(head + rows)
    publication = ("--assets", "intake/ledger", "published/release", "--as-of", NIGHT)
    require_success("run", folder, start("run", folder, *publication))
    assert (folder / "data" / "published").readlink() != first
