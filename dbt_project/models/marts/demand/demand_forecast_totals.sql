-- Of the same origin as demand_forecast.
with newest as (
    select max(origin) as origin
    from {{ source('lake', 'demand_forecast_totals') }}
    where origin <= {{ as_of() }}
)

select
    total.level,
    total.sum_of,
    case when total.level = 'store' then total.sum_of end as store_id,
    case when total.level = 'category' then total.sum_of end as category,
    case when total.level = 'product' then total.sum_of end as product_id,
    total.date,
    total.origin,
    total.days_ahead,
    total.series,
    total.expected,
    total.lo_80,
    total.hi_80,
    total.lo_95,
    total.hi_95,
    total.calibration_version
from {{ source('lake', 'demand_forecast_totals') }} as total
inner join newest on total.origin = newest.origin
