-- Whole years from the first sale to the end of next year. A date that is a century off is a typing error, and no reason
-- for a calendar of centuries.
with bounds as (
    select
        greatest(min(business_date), {{ as_of() }} - interval 20 years) as first_day,
        {{ as_of() }} as as_of
    from {{ ref('sales_daily') }}
),

days as (
    select
        cast(unnest(generate_series(
            date_trunc('year', cast(coalesce(first_day, as_of) as timestamp)),
            date_trunc('year', cast(as_of as timestamp)) + interval 2 years - interval 1 day,
            interval 1 day
        )) as date) as date
    from bounds
),

said as (
    select
        date,
        cast(count(*) filter (is_open) as integer) as stores_open,
        cast(count(*) filter (not is_open) as integer) as stores_closed
    from {{ ref('stg_store_calendar') }}
    group by date
)

select
    days.date,
    cast(year(days.date) as integer) as year,
    cast(quarter(days.date) as integer) as quarter,
    cast(month(days.date) as integer) as month,
    strftime(days.date, '%Y-%m') as year_month,
    cast(isoyear(days.date) as integer) as iso_year,
    cast(weekofyear(days.date) as integer) as iso_week,
    cast(isodow(days.date) as integer) as weekday,
    dayname(days.date) as weekday_name,
    isodow(days.date) > 5 as is_weekend,
    coalesce(said.stores_open, 0) as stores_open,
    coalesce(said.stores_closed, 0) as stores_closed
from days
left join said on days.date = said.date
