"""A small working warehouse as dbt would leave it, without dbt."""

from datetime import date

import duckdb

from retail_assets.audiences import MERCHANTS, OPERATIONS
from retail_assets.config import Settings
from retail_assets.flows import FLOWS
from retail_assets.lake import Lake
from retail_assets.platform import Flow, Mart, Platform, RowFiles

AS_OF = date(2026, 11, 20)
SECRETS = ("ada.lovelace@example.com", "DE89370400440532013000", "wrote-this-in-anger", "99/999/99999")
"""Personal data that lies in the working file, none of it in a mart."""


FOR_EVERYBODY = Flow(
    name="readers",
    description="A mart for each audience that has none yet.",
    marts=(
        Mart(
            "insights", OPERATIONS, row_files=RowFiles("letters", name="customer_email", content="generation")
        ),
        Mart("merchant_cases", MERCHANTS),
    ),
)


def platform_for_everybody(settings: Settings) -> Platform:
    """All flows, and one that publishes for operations and merchants."""
    return Platform(settings, (*FLOWS, FOR_EVERYBODY))


def land_published_tables(lake: Lake) -> None:
    """The tables of the lake that are marts as they stand, without a row."""
    for table in (table for flow in FLOWS for table in flow.tables if table.published):
        lake.table_folder(table.name).mkdir(parents=True, exist_ok=True)
        table.empty().write_parquet(table.part(lake, "empty"))


def make_warehouse(lake: Lake, *, lines: int = 3_000) -> None:
    """Two months and a half of sales up to the day before AS_OF, and what personal data staging has."""
    land_published_tables(lake)
    first = date(2026, 9, 5)
    days = (AS_OF - first).days
    email, iban, reason, tax_id = SECRETS
    change(
        lake,
        f"""
        create schema staging; create schema marts;
        create table staging.stg_customers as select 'C1' as customer_id, '{email}' as email;
        create table staging.stg_suppliers as
            select 'V1' as supplier_id, '{iban}' as iban, '{tax_id}' as tax_id;
        create table staging.stg_decisions as select 'D1' as decision_id, '{reason}' as reason;
        create table marts.sales_lines as
            select 'O' || (i // 2) as order_id, i % 2 as line_number, 'S' || i % 3 as store_id,
                   'P' || i % 40 as product_id,
                   date '{first}' + (i * {days} // {lines})::int as business_date,
                   (1 + i % 5)::decimal(18, 3) as quantity, (i % 97)::decimal(18, 2) as revenue,
                   0 as generation
            from range({lines}) as r(i);
        create table marts.sales_orders as
            select order_id, business_date, count(*) as lines from marts.sales_lines group by all;
        create table marts.order_history as
            select order_id, business_date, 'delivered' as status, 'code' as reason from marts.sales_orders;
        create table marts.sales_daily as
            select store_id, product_id, business_date, sum(revenue)::decimal(18, 2) as revenue
            from marts.sales_lines group by all;
        create table marts.products as
            select 'P' || i as product_id, 'Mug ' || i as name from range(40) as r(i);
        create table marts.stock_levels as
            select 'P' || i as product_id, 0 as generation from range(40) as r(i);
        create table staging.stg_rejects as
            select 'sales' as feed, '{email}' as raw, date '{first}' as business_date;
        create view marts.rejected_rows as select feed, business_date from warehouse.staging.stg_rejects;
        create table marts.insights as
            select 'only for operations' as sentence, 'phone' as customer_email, 0 as generation;
        create table marts.merchant_cases as
            select 'M' || i % 3 as merchant_id, 'only for merchant ' || i % 3 as sentence, 0 as generation
            from range(30) as r(i);
        create table marts.sales_daily__dbt_tmp as select 1 as leftover;
        comment on table marts.sales_daily is 'Sales of a day.';
        comment on column marts.sales_daily.revenue is 'Net revenue of the day''s lines.';
        comment on table marts.sales_lines is 'One row per line.';
        """,
    )


def change(lake: Lake, sql: str) -> None:
    """What a dbt run does: open, write, close."""
    lake.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(lake.warehouse)) as connection:
        connection.execute(sql)


def next_generation(lake: Lake, generation: int) -> None:
    """A night's change: new numbers in the newest month of the long mart and in some small ones."""
    change(
        lake,
        f"""
        update marts.sales_lines set generation = {generation} where business_date >= date '2026-11-01';
        update marts.stock_levels set generation = {generation};
        update marts.insights set generation = {generation};
        update marts.merchant_cases set generation = {generation};
        """,
    )
