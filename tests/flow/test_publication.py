"""Publication on real files: what a release holds, what it costs, and what readers see meanwhile."""

import shutil
from datetime import date, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import dataframely as dy
import duckdb
import polars as pl
import pytest

from retail_assets import demo
from retail_assets.config import Settings
from retail_assets.flows import FLOWS, platform_of
from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake
from retail_assets.platform import Flow, Mart, Platform
from retail_assets.warehouse import publication
from retail_assets.warehouse.audience_files import write_part
from retail_assets.warehouse.build_mark import building
from retail_assets.warehouse.errors import HalfBuilt, NoWarehouse, PersonalData, PublicationError
from retail_assets.warehouse.publication import Publication, publish
from tests.children import children, forks_import
from tests.synthetic_warehouse import (
    AS_OF,
    SECRETS,
    change,
    land_published_tables,
    make_warehouse,
    next_generation,
)

forks_import(__name__)


class Staffing(dy.Schema):
    """Assistants at a gate."""

    store_id = dy.String(primary_key=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = Lake(tmp_path_factory.mktemp("made"))
    make_warehouse(lake)
    return lake.warehouse


@pytest.fixture
def lake(platform: Platform, made: Path) -> Lake:
    platform.lake.warehouse.parent.mkdir(parents=True)
    shutil.copyfile(made, platform.lake.warehouse)
    land_published_tables(platform.lake)
    return platform.lake


def run(platform: Platform, as_of: date = AS_OF) -> Publication:
    return publish(platform=platform, as_of=as_of, run_id="a-run")


def ask(lake: Lake, sql: str) -> list[tuple]:
    """What an analyst gets from the published DuckDB file."""
    with duckdb.connect(str(lake.published.resolve() / "retail.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def parquet_files(lake: Lake) -> dict[str, Path]:
    folder = lake.published.resolve() / "parquet"
    return {
        str(p.relative_to(folder)): p
        for p in sorted(folder.rglob("*.parquet"))
        if not {"_meta", "_marts"} & {*p.parts}
    }


def test_a_release_holds_tables_with_descriptions_and_parquet(platform, lake):
    publication = run(platform)

    assert publication.release == 1
    assert publication.marts["sales_lines"].rows == 3_000
    tables = {name for (name,) in ask(lake, "select table_name from duckdb_tables()")}
    assert tables == {"_meta", "_marts", "products", "rejected_rows", "sales_daily", "stock_levels"}
    assert ask(lake, "select comment from duckdb_tables() where table_name = 'sales_daily'") == [
        ("Sales of a day.",)
    ]
    assert ask(
        lake,
        "select comment from duckdb_columns() where column_name = 'revenue' and table_name = 'sales_daily'",
    ) == [("Net revenue of the day's lines.",)]
    assert set(parquet_files(lake)) == {
        *("products/part.parquet", "rejected_rows/part.parquet", "stock_levels/part.parquet"),
        *(f"sales_daily/part-2026-{month}.parquet" for month in ("09", "10", "11")),
        *(
            f"{mart}/month=2026-{month}/part.parquet"
            for mart in ("sales_lines", "sales_orders", "order_history")
            for month in ("09", "10", "11")
        ),
    }


def test_a_table_that_is_computed_meanwhile_is_published_as_it_was_looked_at(
    settings: Settings, lake: Lake, monkeypatch: pytest.MonkeyPatch
):
    """What was published before it changed back would stay, for the next look finds what this one found."""
    table = LakeTable("gate_staffing", Staffing, published=True)
    gates = Flow("gates", "Counts visitors.", tables=(table,), marts=(Mart("gate_staffing"),))
    platform = Platform(settings, (*FLOWS, gates))
    table.write(lake, "2026-11-20", pl.DataFrame({"store_id": ["S1"]}))

    def write_late(*arguments: Any, **options: Any) -> None:
        table.write(lake, "2026-11-20", pl.DataFrame({"store_id": ["S2"]}))
        write_part(*arguments, **options)

    monkeypatch.setattr(publication, "write_part", write_late)
    run(platform)
    assert ask(lake, "from gate_staffing") == [("S1",)]
    assert pl.read_parquet(parquet_files(lake)["gate_staffing/part.parquet"]).rows() == [("S1",)]


def test_a_demo_says_at_which_night_the_release_stands(platform, lake):
    later = AS_OF + timedelta(days=2)
    run(platform, later)
    assert demo._published(platform, seconds=34.6).title == f"Published as of {later}, after 35 s"


def test_parquet_and_tables_hold_the_same_rows_as_the_warehouse(platform, lake):
    run(platform)
    release = lake.published.resolve()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{lake.warehouse}' as warehouse (read_only)")
        connection.execute(f"attach '{release / 'retail.duckdb'}' as retail (read_only)")
        for mart, copy in [
            ("sales_lines", f"(select * exclude (month) from '{release}/parquet/sales_lines/*/*.parquet')"),
            ("sales_daily", f"'{release}/parquet/sales_daily/*.parquet'"),
            ("sales_daily", "retail.sales_daily"),
            ("products", f"'{release}/parquet/products/*.parquet'"),
            ("rejected_rows", "retail.rejected_rows"),
        ]:
            source = f"select * from warehouse.marts.{mart}"
            both_ways = f"({source} except all from {copy}) union all (from {copy} except all {source})"
            assert connection.execute(both_ways).fetchall() == [], copy


def test_meta_says_what_the_release_is(platform, lake):
    change(
        lake,
        "create table marts.refund_items as select date '2026-11-18' as business_date, "
        "if(i % 3 = 2, null, 'v' || i % 3) as model_version from range(9) r(i)",
    )
    run(platform)
    rows = ask(lake, "select mart, rows, newest_business_date, freshness_days, model_versions from _marts")
    assert ("sales_lines", 3_000, AS_OF - timedelta(days=1), 1, []) in rows
    assert ("products", 40, None, None, []) in rows
    assert ("refund_items", 9, date(2026, 11, 18), 2, ["v0", "v1"]) in rows
    assert ask(lake, "select release, run_id, as_of from _meta") == [(1, "a-run", AS_OF)]
    for table in ("_meta", "_marts"):
        in_parquet = pl.read_parquet(lake.published.resolve() / "parquet" / table / "part.parquet")
        assert in_parquet.rows() == ask(lake, f"from {table}")


def test_marts_say_when_they_last_changed(platform, lake):
    run(platform)
    change(lake, "delete from marts.products where product_id = (select max(product_id) from marts.products)")
    run(platform)
    [(first,)] = ask(lake, "select distinct changed_at from _marts where mart <> 'products'")
    [(second,)] = ask(lake, "select changed_at from _marts where mart = 'products'")
    assert ask(lake, "select built_at from _meta") == [(second,)]
    assert first < second


def test_long_marts_are_read_by_name_after_the_link_has_moved(platform, lake):
    run(platform)
    with duckdb.connect(str(lake.published / "retail.duckdb"), read_only=True) as connection:
        change(lake, "delete from marts.sales_lines where business_date > date '2026-11-15'")
        run(platform)
        assert lake.published.resolve().name == "2"
        assert connection.execute("select count(*) from sales_lines").fetchall() == [(3_000,)]
    assert ask(lake, "select count(*) < 3000 from sales_lines") == [(True,)]
    assert ask(lake, "select comment is null from duckdb_views() where view_name = 'sales_lines'") == [
        (False,)
    ]


def test_a_release_that_lies_elsewhere_is_told_where(platform, lake, tmp_path):
    """Copied, or mounted by another machine, under a name that DuckDB could take for a pattern."""
    run(platform)
    elsewhere = tmp_path / "copy"
    shutil.copytree(lake.published.resolve(), elsewhere)
    shutil.rmtree(lake.releases)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{elsewhere / 'retail.duckdb'}' as retail (read_only)")
        with pytest.raises(duckdb.IOException):
            connection.execute("from retail.sales_lines")
        connection.execute(f"set variable published = '{elsewhere}'")
        assert connection.execute("select count(*) from retail.sales_lines").fetchall() == [(3_000,)]


def test_a_long_mart_without_rows_is_there_all_the_same(platform, lake):
    change(lake, "delete from marts.sales_lines")
    run(platform)
    assert ask(lake, "select count(*) from sales_lines") == [(0,)]


def test_names_stand_beside_ids(platform, lake):
    """As the master data has them in the release; who has no name has none."""
    change(lake, "create or replace table marts.stores as select 'S1' as store_id, 'Mitte' as name")
    change(
        lake,
        "create or replace table marts.stock_levels as select 'S1' as store_id, 7 as units union all "
        "select 'S2', 8",
    )
    change(
        lake,
        "create or replace table marts.transfer_proposals as "
        "select 'S1' as origin_store_id, 'S2' as destination_store_id",
    )
    run(platform)
    assert ask(lake, "select store_id, store_name, units from stock_levels_named order by all") == [
        ("S1", "Mitte", 7),
        ("S2", None, 8),
    ]
    routes = "select origin_store_name, destination_store_name from transfer_proposals_named"
    assert ask(lake, routes) == [("Mitte", None)]
    comment = "select comment from duckdb_columns() where table_name = 'stock_levels_named'"
    assert ("Name of store_id, as it is now.",) in ask(lake, comment)


def test_unchanged_input_publishes_nothing(platform, lake):
    run(platform)
    # A full rebuild leaves the same rows in another place.
    change(lake, "create or replace table marts.products as from marts.products order by product_id desc")
    again = run(platform)
    assert again.release is None
    assert lake.published.resolve().name == "1"
    assert again.marts["products"].rows == 40


@pytest.mark.parametrize(
    "sql",
    [
        "update marts.products set name = 'Cup' where product_id = 'P7'",
        "delete from marts.sales_lines where order_id = 'O1'",
        "insert into marts.products from marts.products limit 1",
        "comment on column marts.products.name is 'Name.'",
        "comment on table marts.products is 'Products.'",
        "alter table marts.products alter name type json using to_json(name)",
        "alter table marts.products rename name to label",
        "alter table marts.products add column brand varchar",
        "create table marts.stores as select 'S1' as store_id",
        "drop view marts.rejected_rows",
    ],
)
def test_whatever_readers_can_see_makes_a_release_when_it_changes(platform, lake, sql):
    run(platform)
    change(lake, sql)
    assert run(platform).release == 2
    assert run(platform).release is None


def test_the_night_moves_on_and_never_back(platform, lake):
    run(platform)
    assert run(platform, AS_OF + timedelta(days=1)).release == 2
    older = run(platform, AS_OF - timedelta(days=30))
    assert (older.release, older.as_of) == (None, AS_OF + timedelta(days=1))


def test_unchanged_parts_are_linked_and_changed_ones_are_written(platform, lake):
    run(platform)
    before = parquet_files(lake)
    next_generation(lake, 1)
    publication = run(platform)
    after = parquet_files(lake)

    written = {name for name in after if not after[name].samefile(before[name])}
    assert written == {"sales_lines/month=2026-11/part.parquet", "stock_levels/part.parquet"}
    of_operations = 1
    assert (publication.parts_written, publication.parts_linked) == (2, len(after) + of_operations - 2)


def test_a_row_that_moves_to_another_month_changes_both(platform, lake):
    run(platform)
    before = parquet_files(lake)
    change(lake, "update marts.sales_orders set business_date = '2026-08-30' where order_id = 'O1499'")
    run(platform)
    after = parquet_files(lake)
    changed = {name for name, path in after.items() if name not in before or not path.samefile(before[name])}
    assert changed == {f"sales_orders/month=2026-{month}/part.parquet" for month in ("08", "11")}


def test_new_columns_rewrite_every_part(platform, lake):
    run(platform)
    change(lake, "alter table marts.sales_orders add column channel varchar")
    run(platform)
    files = f"{lake.published.resolve()}/parquet/sales_orders/*/*.parquet"
    assert "channel" in pl.scan_parquet(files).collect_schema()


def test_a_part_that_got_lost_is_written_again(platform, lake):
    run(platform)
    parquet_files(lake)["products/part.parquet"].unlink()
    assert run(platform).release == 2
    assert pl.read_parquet(parquet_files(lake)["products/part.parquet"]).height == 40


def test_the_same_rows_make_the_same_bytes(platform, lake, tmp_path):
    run(platform)
    one_thread = {"data_dir": tmp_path / "other", "duckdb_threads": 1}
    other = platform_of(platform.settings.model_copy(update=one_thread))
    other_lake = other.lake
    make_warehouse(other_lake)
    change(
        other_lake,
        "create or replace table marts.sales_lines as from marts.sales_lines order by hash(order_id)",
    )
    run(other)
    ours, theirs = parquet_files(lake), parquet_files(other_lake)
    assert {n: p.read_bytes() for n, p in ours.items()} == {n: p.read_bytes() for n, p in theirs.items()}


def test_marts_without_rows_and_rows_without_a_date_can_be_read(platform, lake):
    change(
        lake,
        """
        delete from marts.order_history;
        insert into marts.sales_orders values ('undated', null, 1);
        """,
    )
    run(platform)
    release = lake.published.resolve()
    assert (
        pl.scan_parquet(f"{release}/parquet/order_history/*/*.parquet").select("reason").collect().height == 0
    )
    orders = f"from '{release}/parquet/sales_orders/*/*.parquet' where order_id = 'undated'"
    assert duckdb.execute(f"select month, business_date {orders}").fetchall() == [(None, None)]


def test_only_marts_for_analysts_are_published_and_no_byte_of_anything_else(platform, lake):
    change(lake, "insert into marts.products values ('P-deleted', 'a deleted mug of the working file')")
    change(lake, "delete from marts.products where product_id = 'P-deleted'")
    run(platform)
    planted = [*SECRETS, "only for operations", "a deleted mug of the working file"]
    for path in lake.published.resolve().rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [text for text in planted if text.encode() in content], path
    # The files are compressed, so the values are looked for as well.
    for path in lake.published.resolve().rglob("*.parquet"):
        assert not [text for text in planted if text in str(pl.read_parquet(path).rows())], path
    for (table,) in ask(lake, "select table_name from duckdb_tables()"):
        assert not [text for text in planted if text in str(ask(lake, f'from "{table}"'))], table


def test_what_left_the_marts_leaves_the_next_release(platform, lake):
    text = "a name that was mapped to the wrong column"
    change(lake, f"insert into marts.products values ('P-wrong', '{text}')")
    run(platform)
    assert text.encode() in (lake.published.resolve() / "retail.duckdb").read_bytes()
    change(lake, "delete from marts.products where product_id = 'P-wrong'")
    run(platform)
    assert text.encode() not in (lake.published.resolve() / "retail.duckdb").read_bytes()


def test_a_personal_column_stops_publication(platform, lake):
    run(platform)
    change(lake, "alter table marts.sales_orders add column customer_email varchar")
    with pytest.raises(PersonalData, match=r"sales_orders\.customer_email"):
        run(platform)
    assert lake.published.resolve().name == "1"


def test_a_half_built_warehouse_is_not_published(platform, lake):
    with pytest.raises(RuntimeError), building(lake, {"sales_daily"}):
        raise RuntimeError
    with pytest.raises(HalfBuilt, match="make nightly"):
        run(platform)


def test_without_a_warehouse_the_error_says_what_to_run(platform, lake):
    lake.warehouse.unlink()
    with pytest.raises(NoWarehouse, match="make nightly"):
        run(platform)
    change(lake, "create schema marts")
    with pytest.raises(NoWarehouse, match="make nightly"):
        run(platform)


def test_a_warehouse_that_another_program_writes_is_named_as_the_reason(platform, lake):
    held, release = children.Event(), children.Event()
    holder = children.Process(target=hold, args=(str(lake.warehouse), held, release))
    holder.start()
    try:
        assert held.wait(30)
        with pytest.raises(PublicationError, match="another program has the working warehouse open"):
            run(platform)
    finally:
        release.set()
        holder.join()


def hold(path: str, held: Event, release: Event) -> None:
    with duckdb.connect(path):
        held.set()
        release.wait(60)


def test_readers_see_whole_releases_during_ten_publications(platform, lake):
    """Every read finds one release: `_meta`, tables and Parquet parts agree, and nothing is missing."""
    run(platform)
    stop, outcomes = children.Event(), children.Queue()
    readers = [
        children.Process(target=reader, args=(lake.root, stop, outcomes))
        for reader in (read_duckdb, read_duckdb_through_the_link, read_parquet)
    ]
    for reader in readers:
        reader.start()
    first = [outcomes.get(timeout=60) for _ in readers]
    for generation in range(1, 11):
        next_generation(lake, generation)
        assert run(platform).release == generation + 1
    stop.set()
    last = [outcomes.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join()
    assert first == ["started"] * 3
    assert [outcome for outcome in last if not isinstance(outcome, int)] == []
    assert min(last) > 10, "the readers were reading all the while"


def watch(look, data_dir: Path, stop: Event, outcomes) -> None:
    """Look again and again; report the number of looks or the first thing that was wrong."""
    outcomes.put("started")
    looks = 0
    try:
        while not stop.is_set():
            look(data_dir)
            looks += 1
    except Exception as error:
        outcomes.put(repr(error))
    else:
        outcomes.put(looks)


def read_duckdb(data_dir: Path, stop: Event, outcomes) -> None:
    def look(data_dir: Path) -> None:
        release = (data_dir / "published").resolve()
        check_tables(release / "retail.duckdb", int(release.name))

    watch(look, data_dir, stop, outcomes)


def read_duckdb_through_the_link(data_dir: Path, stop: Event, outcomes) -> None:
    watch(
        lambda data_dir: check_tables(data_dir / "published" / "retail.duckdb", None),
        data_dir,
        stop,
        outcomes,
    )


def check_tables(database: Path, number: int | None) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:
        releases = connection.execute("select release from _meta").fetchall()
        assert len(releases) == 1, releases
        release = releases[0][0]
        assert number in (None, release), (number, release)
        generations = connection.execute("select distinct generation from stock_levels").fetchall()
        assert generations == [(release - 1,)], (release, generations)
        for mart, rows in connection.execute("select mart, rows from _marts").fetchall():
            assert connection.execute(f'select count(*) from "{mart}"').fetchall() == [(rows,)], mart


def read_parquet(data_dir: Path, stop: Event, outcomes) -> None:
    def look(data_dir: Path) -> None:
        release = (data_dir / "published").resolve()
        meta = pl.read_parquet(release / "parquet" / "_meta" / "part.parquet")
        number = int(release.name)
        assert meta["release"].unique().to_list() == [number]
        marts = pl.read_parquet(release / "parquet" / "_marts" / "part.parquet")
        for mart, rows in marts.select("mart", "rows").rows():
            found = pl.scan_parquet(release / "parquet" / mart).select(pl.len()).collect().item()
            assert found == rows, (mart, rows, found)
        lines = pl.scan_parquet(release / "parquet" / "sales_lines")
        assert lines.select(pl.max("generation")).collect().item() == number - 1

    watch(look, data_dir, stop, outcomes)
