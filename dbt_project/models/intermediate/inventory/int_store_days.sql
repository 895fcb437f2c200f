{{ config(materialized='table') }}
-- A store is open on a day on which it sold something, else as its calendar says. Where that says nothing, the habit of
-- the weeks before counts: a store that sells on most days is closed on a weekday on which it never sold.
with traded as (
    select distinct store_id, business_date as day
    from {{ ref('sales_daily') }}
    where units_sold > 0
),

bounds as (
    select
        store.store_id,
        least(min(traded.day), {{ as_of() }} - cast({{ setting('demand_days') }} as integer)) as first_day,
        greatest(min(traded.day), any_value(store.opened_on)) as opened_on
    from {{ ref('stores') }} as store
    left join traded on store.store_id = traded.store_id
    group by store.store_id
),

days as (
    select
        store_id,
        opened_on,
        cast(unnest(range(first_day, {{ as_of() }}, interval 1 day)) as date) as day
    from bounds
),

followed as (
    select
        days.store_id,
        days.day,
        days.opened_on,
        traded.day is not null as has_traded,
        count(traded.day) over (
            partition by days.store_id order by days.day
            rows between {{ setting('demand_days') }} preceding and 1 preceding
        ) as traded_before,
        count(traded.day) over (
            partition by days.store_id, isodow(days.day) order by days.day
            range between interval ({{ setting('demand_days') }}) days preceding and interval 1 day preceding
        ) as same_weekdays_before
    from days
    left join traded on days.store_id = traded.store_id and days.day = traded.day
)

select
    followed.store_id,
    followed.day as business_date,
    followed.has_traded
    or (
        followed.day >= coalesce(followed.opened_on, followed.day)
        and coalesce(
            calendar.is_open,
            2 * followed.traded_before < cast({{ setting('demand_days') }} as integer)
            or followed.same_weekdays_before > 0
        )
    ) as is_open
from followed
left join {{ ref('stg_store_calendar') }} as calendar
    on followed.store_id = calendar.store_id and followed.day = calendar.date
