select
    coalesce(product.category, 'unknown') as category,
    performance.currency,
    min(performance.window_start) as window_start,
    max(performance.window_end) as window_end,
    count(*) as product_count,
    cast(sum(performance.units_sold) as {{ quantity_type() }}) as units_sold,
    cast(sum(performance.units_returned) as {{ quantity_type() }}) as units_returned,
    cast(sum(performance.quantity) as {{ quantity_type() }}) as quantity,
    cast(sum(performance.revenue) as {{ amount_type() }}) as revenue,
    {{ all_or_nothing('performance.cost') }} as cost,
    {{ all_or_nothing('performance.margin') }} as margin,
    cast(sum(performance.revenue_without_cost) as {{ amount_type() }}) as revenue_without_cost,
    {{ ratio('100 * ' ~ all_or_nothing('performance.margin'), 'sum(performance.revenue)', 2) }} as margin_percent,
    {{ ratio('sum(performance.units_returned)', 'sum(performance.units_sold)') }} as return_rate,
    {{ ratio('sum(performance.revenue)', 'sum(sum(performance.revenue)) over (partition by performance.currency)', 6) }}
        as revenue_share
from {{ ref('product_performance') }} as performance
inner join {{ ref('products') }} as product on performance.product_id = product.product_id
group by coalesce(product.category, 'unknown'), performance.currency
