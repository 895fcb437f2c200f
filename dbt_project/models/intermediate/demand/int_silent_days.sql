{{ config(materialized='table') }}
-- By the share of open days with a sale up to the last one: a long silence must not become the habit that explains it.
with traded as (
    select distinct store_id, business_date
    from {{ ref('sales_daily') }}
    where units_sold > 0
),

followed as (
    select
        store_day.store_id,
        store_day.business_date,
        store_day.is_open,
        traded.business_date is not null as has_traded,
        count(*) filter (where store_day.is_open) over last_weeks as open_days,
        count(traded.business_date) over last_weeks as traded_days
    from {{ ref('int_store_days') }} as store_day
    left join traded
        on store_day.store_id = traded.store_id and store_day.business_date = traded.business_date
    window last_weeks as (
        partition by store_day.store_id order by store_day.business_date
        rows between {{ setting('demand_days') }} preceding and current row
    )
),

habits as (
    select
        *,
        last_value(
            case
                when has_traded and 2 * open_days >= cast({{ setting('demand_days') }} as integer)
                then traded_days / open_days
            end
            ignore nulls
        ) over (partition by store_id order by business_date) as share
    from followed
)

select store_id, business_date
from habits
where is_open and not has_traded and share >= 0.9
