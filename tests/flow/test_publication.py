"""Publication on real files: what a release holds, what it costs, and what readers see meanwhile."""

import multiprocessing
from datetime import date, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.warehouse.building import building
from retail_assets.warehouse.errors import HalfBuilt, NoWarehouse, PersonalData, PublicationError
from retail_assets.warehouse.publication import Publication, publish
from retail_assets.warehouse.release import published_release
from tests.synthetic_warehouse import AS_OF, SECRETS, change, make_warehouse, next_generation


@pytest.fixture
def lake(settings: Settings) -> Lake:
    lake = Lake(settings.data_dir)
    make_warehouse(lake)
    return lake


def run(settings: Settings, as_of: date = AS_OF) -> Publication:
    return publish(settings=settings, as_of=as_of, run_id="a-run")


def ask(settings: Settings, sql: str) -> list[tuple]:
    """What an analyst gets from the published DuckDB file."""
    database = published_release(settings) / "retail.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def parquet_files(settings: Settings) -> dict[str, Path]:
    folder = published_release(settings) / "parquet"
    return {
        str(p.relative_to(folder)): p for p in sorted(folder.rglob("*.parquet")) if "_meta" not in p.parts
    }


def test_a_release_holds_tables_with_descriptions_and_parquet(settings, lake):
    publication = run(settings)

    assert publication.release == 1
    assert publication.row_counts["sales_lines"] == 3_000
    tables = {name for (name,) in ask(settings, "select table_name from duckdb_tables()")}
    assert tables == {"_meta", "products", "rejected_rows", "sales_daily", "stock_levels"}
    assert ask(settings, "select comment from duckdb_tables() where table_name = 'sales_daily'") == [
        ("Sales of a day.",)
    ]
    assert ask(settings, "select comment from duckdb_columns() where column_name = 'revenue'") == [
        ("Net revenue of the day's lines.",)
    ]
    assert set(parquet_files(settings)) == {
        *("products/part.parquet", "rejected_rows/part.parquet", "stock_levels/part.parquet"),
        *(f"sales_daily/part-2026-{month}.parquet" for month in ("09", "10", "11")),
        *(
            f"{mart}/month=2026-{month}/part.parquet"
            for mart in ("sales_lines", "sales_orders", "order_history")
            for month in ("09", "10", "11")
        ),
    }


def test_parquet_and_tables_hold_the_same_rows_as_the_warehouse(settings, lake):
    run(settings)
    release = published_release(settings)
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


def test_meta_says_what_the_release_is(settings, lake):
    change(
        lake,
        "create table marts.refund_items as select date '2026-11-18' as business_date, "
        "if(i % 3 = 2, null, 'v' || i % 3) as model_version from range(9) r(i)",
    )
    run(settings)
    rows = ask(settings, "select mart, rows, newest_business_date, freshness_days, model_versions from _meta")
    assert ("sales_lines", 3_000, AS_OF - timedelta(days=1), 1, []) in rows
    assert ("products", 40, None, None, []) in rows
    assert ("refund_items", 9, date(2026, 11, 18), 2, ["v0", "v1"]) in rows
    assert ask(settings, "select distinct release, run_id, as_of from _meta") == [(1, "a-run", AS_OF)]
    in_parquet = pl.read_parquet(published_release(settings) / "parquet" / "_meta" / "part.parquet")
    assert in_parquet.rows() == ask(settings, "from _meta")


def test_unchanged_input_publishes_nothing(settings, lake):
    run(settings)
    # A full rebuild leaves the same rows in another place.
    change(lake, "create or replace table marts.products as from marts.products order by product_id desc")
    again = run(settings)
    assert again.release is None
    assert again.current == 1
    assert again.row_counts["products"] == 40


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
        "drop table marts.products",
    ],
)
def test_whatever_readers_can_see_makes_a_release_when_it_changes(settings, lake, sql):
    run(settings)
    change(lake, sql)
    assert run(settings).release == 2
    assert run(settings).release is None


def test_the_night_moves_on_and_never_back(settings, lake):
    run(settings)
    assert run(settings, AS_OF + timedelta(days=1)).release == 2
    older = run(settings, AS_OF - timedelta(days=30))
    assert (older.release, older.as_of) == (None, AS_OF + timedelta(days=1))


def test_unchanged_parts_are_linked_and_changed_ones_are_written(settings, lake):
    run(settings)
    before = parquet_files(settings)
    next_generation(lake, 1)
    publication = run(settings)
    after = parquet_files(settings)

    written = {name for name in after if not after[name].samefile(before[name])}
    assert written == {"sales_lines/month=2026-11/part.parquet", "stock_levels/part.parquet"}
    assert (publication.parts_written, publication.parts_linked) == (2, len(after) - 2)


def test_a_row_that_moves_to_another_month_changes_both(settings, lake):
    run(settings)
    before = parquet_files(settings)
    change(lake, "update marts.sales_orders set business_date = '2026-08-30' where order_id = 'O1499'")
    run(settings)
    after = parquet_files(settings)
    changed = {name for name, path in after.items() if name not in before or not path.samefile(before[name])}
    assert changed == {f"sales_orders/month=2026-{month}/part.parquet" for month in ("08", "11")}


def test_new_columns_rewrite_every_part(settings, lake):
    run(settings)
    change(lake, "alter table marts.sales_orders add column channel varchar")
    run(settings)
    files = f"{published_release(settings)}/parquet/sales_orders/*/*.parquet"
    assert "channel" in pl.scan_parquet(files).collect_schema()


def test_a_part_that_got_lost_is_written_again(settings, lake):
    run(settings)
    parquet_files(settings)["products/part.parquet"].unlink()
    assert run(settings).release == 2
    assert pl.read_parquet(parquet_files(settings)["products/part.parquet"]).height == 40


def test_the_same_rows_make_the_same_bytes(settings, lake, tmp_path):
    run(settings)
    other = Settings(data_dir=tmp_path / "other", time_zone=settings.time_zone, duckdb_threads=1)
    other_lake = Lake(other.data_dir)
    make_warehouse(other_lake)
    change(
        other_lake,
        "create or replace table marts.sales_lines as from marts.sales_lines order by hash(order_id)",
    )
    run(other)
    ours, theirs = parquet_files(settings), parquet_files(other)
    assert {n: p.read_bytes() for n, p in ours.items()} == {n: p.read_bytes() for n, p in theirs.items()}


def test_marts_without_rows_and_rows_without_a_date_can_be_read(settings, lake):
    change(
        lake,
        """
        delete from marts.order_history;
        insert into marts.sales_orders values ('undated', null, 1);
        """,
    )
    run(settings)
    release = published_release(settings)
    assert (
        pl.scan_parquet(f"{release}/parquet/order_history/*/*.parquet").select("reason").collect().height == 0
    )
    orders = f"from '{release}/parquet/sales_orders/*/*.parquet' where order_id = 'undated'"
    assert duckdb.execute(f"select month, business_date {orders}").fetchall() == [(None, None)]


def test_only_marts_for_analysts_are_published_and_no_byte_of_anything_else(settings, lake):
    change(lake, "insert into marts.products values ('P-deleted', 'a deleted mug of the working file')")
    change(lake, "delete from marts.products where product_id = 'P-deleted'")
    run(settings)
    planted = [*SECRETS, "only for operations", "a deleted mug of the working file"]
    for path in published_release(settings).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [text for text in planted if text.encode() in content], path
    # The files are compressed, so the values are looked for as well.
    for path in published_release(settings).rglob("*.parquet"):
        assert not [text for text in planted if text in str(pl.read_parquet(path).rows())], path
    for (table,) in ask(settings, "select table_name from duckdb_tables()"):
        assert not [text for text in planted if text in str(ask(settings, f'from "{table}"'))], table


def test_what_left_the_marts_leaves_the_next_release(settings, lake):
    text = "a name that was mapped to the wrong column"
    change(lake, f"insert into marts.products values ('P-wrong', '{text}')")
    run(settings)
    assert text.encode() in (published_release(settings) / "retail.duckdb").read_bytes()
    change(lake, "delete from marts.products where product_id = 'P-wrong'")
    run(settings)
    assert text.encode() not in (published_release(settings) / "retail.duckdb").read_bytes()


def test_a_personal_column_stops_publication(settings, lake):
    run(settings)
    change(lake, "alter table marts.sales_orders add column customer_email varchar")
    with pytest.raises(PersonalData, match=r"sales_orders\.customer_email"):
        run(settings)
    assert published_release(settings).name == "1"


def test_a_half_built_warehouse_is_not_published(settings, lake):
    with pytest.raises(RuntimeError), building(lake):
        raise RuntimeError
    with pytest.raises(HalfBuilt, match="make nightly"):
        run(settings)


def test_without_a_warehouse_the_error_says_what_to_run(settings, lake):
    lake.warehouse.unlink()
    with pytest.raises(NoWarehouse, match="make nightly"):
        run(settings)
    change(lake, "create schema marts")
    with pytest.raises(NoWarehouse, match="make nightly"):
        run(settings)


def test_a_warehouse_that_another_program_writes_is_named_as_the_reason(settings, lake):
    held, release = multiprocessing.get_context("spawn").Event(), multiprocessing.get_context("spawn").Event()
    holder = multiprocessing.get_context("spawn").Process(
        target=hold, args=(str(lake.warehouse), held, release)
    )
    holder.start()
    try:
        assert held.wait(30)
        with pytest.raises(PublicationError, match="another program has the working warehouse open"):
            run(settings)
    finally:
        release.set()
        holder.join()


def hold(path: str, held: Event, release: Event) -> None:
    with duckdb.connect(path):
        held.set()
        release.wait(60)


def test_readers_see_whole_releases_during_ten_publications(settings, lake):
    """Every read finds one release: `_meta`, tables and Parquet parts agree, and nothing is missing."""
    run(settings)
    context = multiprocessing.get_context("spawn")
    stop, outcomes = context.Event(), context.Queue()
    readers = [
        context.Process(target=reader, args=(settings.data_dir, stop, outcomes))
        for reader in (read_duckdb, read_duckdb_through_the_link, read_parquet)
    ]
    for reader in readers:
        reader.start()
    first = [outcomes.get(timeout=60) for _ in readers]
    for generation in range(1, 11):
        next_generation(lake, generation)
        assert run(settings).release == generation + 1
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
        releases = connection.execute("select distinct release from _meta").fetchall()
        assert len(releases) == 1, releases
        release = releases[0][0]
        assert number in (None, release), (number, release)
        generations = connection.execute("select distinct generation from stock_levels").fetchall()
        assert generations == [(release - 1,)], (release, generations)
        for mart, rows in connection.execute("select mart, rows from _meta where in_database").fetchall():
            assert connection.execute(f'select count(*) from "{mart}"').fetchall() == [(rows,)], mart


def read_parquet(data_dir: Path, stop: Event, outcomes) -> None:
    def look(data_dir: Path) -> None:
        release = (data_dir / "published").resolve()
        meta = pl.read_parquet(release / "parquet" / "_meta" / "part.parquet")
        number = int(release.name)
        assert meta["release"].unique().to_list() == [number]
        for mart, rows in meta.select("mart", "rows").rows():
            found = pl.scan_parquet(release / "parquet" / mart).select(pl.len()).collect().item()
            assert found == rows, (mart, rows, found)
        lines = pl.scan_parquet(release / "parquet" / "sales_lines")
        assert lines.select(pl.max("generation")).collect().item() == number - 1

    watch(look, data_dir, stop, outcomes)
