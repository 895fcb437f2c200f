{{ config(materialized='table') }}
-- What the sales of the weeks before a day tell of a store's opening: of that day, and of days ahead as they are foretold on
-- it. A store that sells on most days is closed on a weekday on which it never sold; of others nothing is known.
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

-- With the night itself, from which the days ahead are told.
days as (
    select
        store_id,
        opened_on,
        cast(unnest(range(first_day, {{ as_of() }} + 1, interval 1 day)) as date) as day
    from bounds
),

followed as (
    select
        days.store_id,
        days.day,
        days.opened_on,
        traded.day is not null as has_traded,
        count(traded.day) over days_before as traded_before,
        bit_or(1 << isodow(traded.day)) over days_before as weekdays_before
    from days
    left join traded on days.store_id = traded.store_id and days.day = traded.day
    window days_before as (
        partition by days.store_id order by days.day
        rows between {{ setting('demand_days') }} preceding and 1 preceding
    )
)

select
    store_id,
    day as known_on,
    -- Who sells on most days has opened, whatever is said of a day to come.
    case
        when 2 * traded_before >= cast({{ setting('demand_days') }} as integer) then least(opened_on, day)
        else opened_on
    end as opened_on,
    has_traded,
    list_filter(
        range(1, 8),
        lambda weekday:
            2 * traded_before < cast({{ setting('demand_days') }} as integer)
            or (weekdays_before & (1 << weekday)) > 0
    ) as usual_weekdays
from followed
