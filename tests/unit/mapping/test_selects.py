"""What a mapping's own select may do, and what it may not."""

import pytest

from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.expressions import ExpressionError
from retail_assets.feeds.mapping.reshape.selects import parse_select
from tests.unit.mapping.conftest import MapRows

POSSIBLE = """
    select record, sku from records;
    select list(record) as records, sku, sum(qty) filter (where qty > 0) as q from records group by sku having sku > ''
    with a as (select sku, max(day) as day from records group by sku) select r.* from records r join a using (sku, day)
    select *, first_value(title ignore nulls) over (partition by handle order by record desc) as t from records
    select record, sku from records where sku in (select sku from records where kind = 'K')
    select record, a as v from records union all select record, b from records
    select record, v from (select record, unnest(string_split(list, ',')) as v from records)
    select * from records unpivot (qty for shop in (columns(* exclude (record, sku))))
    select list(record) as records, string_agg(name, ' ' order by pos, record) as name from records group by sku
    select list(record) as records, arg_max(price, record) as price from records group by sku
    select record, k.name from records cross join (values ('a'), ('b')) as k(name)
    select record, row_number() over (partition by sku order by day, record) as n from records qualify n = 1
"""

IMPOSSIBLE = {
    "files": """
        select * from 'orders.csv'
        select * from read_csv('/etc/passwd')
        select * from records, read_text('/etc/passwd')
        select record, (select content from read_blob('/etc/passwd')) from records
        select * from glob('*')
        copy records to '/tmp/x'
        copy (select 1) to '/tmp/x'
        attach '/tmp/x.db'
        install httpfs
        select * from parquet_scan('x')
        select * from records natural join "/etc/passwd"
        from 's3://bucket/x.parquet'
    """,
    "the platform": """
        select * from duckdb_settings()
        select * from information_schema.tables
        select * from pg_catalog.pg_tables
        select * from main.records
        select * from sqlite_master
        select record, current_setting('threads') from records
        select record, getenv('HOME') from records
        pragma database_list
        set threads = 9
        select * from (show tables)
        select * from (describe records)
        select * from (summarize records)
        create table x as select 1
        select record, getvariable('x') from records
        select record, current_user from records
        select record, user from records
        select record, version() from records
    """,
    "chance and the clock": """
        select record, random() from records
        select record, uuid() from records
        select record, now() from records
        select record, current_date from records
        select record, today() from records
        select record, current_timestamp from records
        select * from records using sample 3
        select * from records tablesample 10%
        select record, gen_random_uuid() from records
    """,
    "an order that is none": """
        select * from records limit 3
        select distinct on (sku) * from records
        select first(sku) as sku, list(record) as records from records
        select any_value(sku) as sku, list(record) as records from records
        select string_agg(sku, ',') as sku, list(record) as records from records
        select string_agg(sku, ',' order by sku) as sku, list(record) as records from records
        select list(sku) as sku, list(record) as records from records
        select arg_max(sku, day) as sku, list(record) as records from records
        select record, row_number() over () as n from records
        select record, lag(sku) over (order by day) as n from records
        select record, sum(qty) over (order by day) as n from records
        select record, mode(sku) as n from records group by record
        select * from records positional join records
        select record, cast(qty as double) as qty from records
    """,
    "more than a machine": """
        with recursive a as (select 1 as n union all select n + 1 from a) select * from a
        select * from range(1000000000)
        select record, unnest(generate_series(1, 1000000000)) from records
        select record, repeat('a', 1000000000) from records
        select record, lpad(sku, 1000000000, 'a') from records
        select record, list_transform([1, 2], x -> x) from records
        select record, regexp_replace(sku, pattern, 'a') from records
    """,
    "no select": """
        select 1; select 2
        select $1
        delete from records
        sku + 1
        with records as (select 1) select * from records
        select record -- from records) union (select 1
    """,
}


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize("text", lines(POSSIBLE))
def test_possible(text: str) -> None:
    parse_select(text)


@pytest.mark.parametrize("text", [text for kind in IMPOSSIBLE.values() for text in lines(kind)])
def test_impossible(text: str, map_rows: MapRows) -> None:
    """Refused as it is read, or, where it only names what is not there, when it is bound; in no case run."""
    mapping = f"""
        source: shop
        match: {{folder: stock_counts, files: "*.csv"}}
        reshape:
          sql: |-
            {text}
        targets:
          - feed: stock_counts
            columns: {{store_id: sku, product_id: sku, counted_at: day, quantity: {{constant: 1}}}}
    """
    with pytest.raises(MappingError, match=r"mapping\.yaml"):
        map_rows(mapping, [{"sku": "1", "qty": "1", "day": "2026-05-30"}])


@pytest.mark.parametrize(
    "text",
    ["", " ", ";", "select " + "(" * 5_000 + "1", "select ')' || ((1", "select 1 " * 2_000, "select \x00"],
)
def test_no_text_ends_in_anything_but_a_sentence(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_select(text)
