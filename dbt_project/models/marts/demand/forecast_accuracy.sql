with abc as (
    select product_id, min(abc_class) as abc_class
    from {{ ref('product_performance') }}
    group by product_id
),

-- MASE is a mean over series, each against how much its days differ from the same weekdays before.
series as (
    select
        error.*,
        coalesce(abc.abc_class, 'C') as abc_class,
        error.absolute_error / error.days / nullif(error.scale, 0) as scaled_error
    from {{ ref('int_forecast_errors') }} as error
    left join abc on error.product_id = abc.product_id
)

select
    origin,
    model,
    horizon_bucket,
    abc_class,
    segment,
    count(*) as series,
    cast(sum(days) as bigint) as days,
    {{ ratio('sum(absolute_error)', 'greatest(sum(actual), 0)') }} as wape,
    {{ ratio('sum(foretold - actual)', 'greatest(sum(actual), 0)') }} as bias,
    try_cast(round(avg(scaled_error), 4) as decimal(18, 4)) as mase,
    {{ ratio('sum(days_in_80)', 'sum(days)') }} as coverage_80,
    {{ ratio('sum(days_in_95)', 'sum(days)') }} as coverage_95,
    cast(sum(actual) as {{ quantity_type() }}) as actual_quantity,
    cast(sum(foretold) as {{ quantity_type() }}) as forecast_quantity,
    cast(sum(expected) as {{ quantity_type() }}) as expected_quantity,
    cast(sum(absolute_error) as {{ quantity_type() }}) as absolute_error
from series
group by origin, model, horizon_bucket, abc_class, segment
