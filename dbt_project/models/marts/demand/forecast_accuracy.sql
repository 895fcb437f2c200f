-- Days that were foretold and are over. A day out of stock shows no demand, and one that sold out not all of it.
with abc as (
    select product_id, min(abc_class) as abc_class
    from {{ ref('product_performance') }}
    group by product_id
),

judged as (
    select
        forecast.origin,
        forecast.model,
        case
            when forecast.days_ahead <= 7 then '1-7'
            when forecast.days_ahead <= 14 then '8-14'
            else '15-' || cast({{ setting('demand_horizon_days') }} as varchar)
        end as days_ahead,
        coalesce(abc.abc_class, 'C') as abc_class,
        forecast.segment,
        forecast.store_id,
        forecast.product_id,
        forecast.scale,
        try_cast(greatest(demand.quantity, 0) as decimal(18, 3)) as actual,
        try_cast(forecast.mean as decimal(18, 6)) - actual as error,
        actual between forecast.lo_80 - 1e-9 and forecast.hi_80 + 1e-9 as is_in_80,
        actual between forecast.lo_95 - 1e-9 and forecast.hi_95 + 1e-9 as is_in_95
    from {{ source('lake', 'demand_forecast') }} as forecast
    inner join {{ ref('daily_demand') }} as demand
        on forecast.store_id = demand.store_id
        and forecast.product_id = demand.product_id
        and forecast.date = demand.business_date
    left join abc on forecast.product_id = abc.product_id
    where not demand.is_out_of_stock and not demand.is_sold_out
),

-- MASE is a mean over series, each against how much its days differ from the same weekdays before.
series as (
    select
        origin,
        model,
        days_ahead,
        abc_class,
        segment,
        count(*) as days,
        sum(actual) as actual,
        sum(error) as error,
        sum(abs(error)) as absolute_error,
        avg(abs(error)) / nullif(any_value(scale), 0) as scaled_error,
        count(*) filter (where is_in_80) as days_in_80,
        count(*) filter (where is_in_95) as days_in_95
    from judged
    group by origin, model, days_ahead, abc_class, segment, store_id, product_id
)

select
    origin,
    model,
    days_ahead,
    abc_class,
    segment,
    count(*) as series,
    cast(sum(days) as bigint) as days,
    {{ ratio('sum(absolute_error)', 'sum(actual)') }} as wape,
    {{ ratio('sum(error)', 'sum(actual)') }} as bias,
    try_cast(round(avg(scaled_error), 4) as decimal(18, 4)) as mase,
    {{ ratio('sum(days_in_80)', 'sum(days)') }} as coverage_80,
    {{ ratio('sum(days_in_95)', 'sum(days)') }} as coverage_95,
    cast(sum(actual) as {{ quantity_type() }}) as actual_quantity,
    cast(sum(actual + error) as {{ quantity_type() }}) as forecast_quantity,
    cast(sum(absolute_error) as {{ quantity_type() }}) as absolute_error
from series
group by origin, model, days_ahead, abc_class, segment
