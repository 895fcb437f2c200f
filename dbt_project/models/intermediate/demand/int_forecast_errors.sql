{{ config(
    materialized='by_change',
    unit='origin',
    follows=['daily_demand'],
    also={'macro': 'origins_to_judge_again', 'from': []},
) }}
-- Days that were foretold and are over. A day out of stock shows no demand, one that sold out not all of it, and on one
-- on which the store was shut nothing is proved by foretelling nothing. Of a silent one nothing is known.
with judged as (
    select
        forecast.origin,
        part.changed_at,
        forecast.model,
        -- As the accuracy table of a backtest names them, with which the weekly look at drift compares.
        case
            when forecast.days_ahead <= 7 then '1-' || least(7, {{ setting('demand_horizon_days') }})
            when forecast.days_ahead <= 14 then '8-' || least(14, {{ setting('demand_horizon_days') }})
            when forecast.days_ahead <= 28 then '15-' || least(28, {{ setting('demand_horizon_days') }})
            when forecast.days_ahead <= 56 then '29-' || least(56, {{ setting('demand_horizon_days') }})
            else '57-' || {{ setting('demand_horizon_days') }}
        end as horizon_bucket,
        forecast.segment,
        forecast.store_id,
        forecast.product_id,
        forecast.scale,
        try_cast(demand.quantity as decimal(18, 3)) as actual,
        greatest(actual, 0) as wanted,
        try_cast(forecast.mean as decimal(18, 6)) as foretold,
        try_cast(forecast.expected as decimal(18, 6)) as expected,
        wanted between forecast.lo_80 - 1e-9 and forecast.hi_80 + 1e-9 as is_in_80,
        wanted between forecast.lo_95 - 1e-9 and forecast.hi_95 + 1e-9 as is_in_95
    from {{ source('lake', 'demand_forecast') }} as forecast
    inner join {{ forecast_parts() }} as part on forecast.origin = part.origin
    inner join {{ ref('daily_demand') }} as demand
        on forecast.store_id = demand.store_id
        and forecast.product_id = demand.product_id
        and forecast.date = demand.business_date
    where
        {{ touched('forecast.origin') }}
        and forecast.days_ahead <= {{ setting('demand_horizon_days') }}
        and demand.is_open
        and not demand.is_silent
        and not demand.is_out_of_stock
        and not demand.is_sold_out
)

-- More that comes back than is sold lowers what was in demand, but no forecast is below 0.
select
    origin,
    changed_at,
    model,
    horizon_bucket,
    segment,
    store_id,
    product_id,
    any_value(scale) as scale,
    count(*) as days,
    sum(actual) as actual,
    sum(foretold) as foretold,
    sum(expected) as expected,
    sum(abs(foretold - wanted)) as absolute_error,
    count(*) filter (where is_in_80) as days_in_80,
    count(*) filter (where is_in_95) as days_in_95
from judged
group by origin, changed_at, model, horizon_bucket, segment, store_id, product_id
