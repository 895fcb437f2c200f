-- A night that was taken back may have left a later one.
with newest as (
    select max(origin) as origin
    from {{ source('lake', 'demand_forecast') }}
    where origin <= {{ as_of() }}
)

select
    forecast.store_id,
    forecast.product_id,
    forecast.date,
    forecast.origin,
    forecast.days_ahead,
    forecast.mean,
    forecast.expected,
    forecast.lo_80,
    forecast.hi_80,
    forecast.lo_95,
    forecast.hi_95,
    forecast.segment,
    forecast.calibration_version,
    forecast.calibration_source
from {{ source('lake', 'demand_forecast') }} as forecast
inner join newest on forecast.origin = newest.origin
where forecast.model = 'ensemble'
