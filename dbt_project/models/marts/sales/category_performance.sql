with categories as (
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
        cast(sum(performance.cost) as {{ amount_type() }}) as cost,
        cast(sum(performance.margin) as {{ amount_type() }}) as margin,
        cast(sum(performance.revenue_without_cost) as {{ amount_type() }}) as revenue_without_cost,
        {{ cost_known_share('performance.revenue', 'performance.revenue_without_cost') }} as cost_known_share
    from {{ ref('product_performance') }} as performance
    inner join {{ ref('products') }} as product on performance.product_id = product.product_id
    group by coalesce(product.category, 'unknown'), performance.currency
)

select
    category,
    currency,
    window_start,
    window_end,
    product_count,
    units_sold,
    units_returned,
    quantity,
    revenue,
    cost,
    margin,
    revenue_without_cost,
    cost_known_share,
    {{ ratio('100 * margin', 'revenue - revenue_without_cost', 2) }} as margin_percent,
    {{ ratio('units_returned', 'units_sold') }} as return_rate,
    {{ ratio('greatest(revenue, 0)', 'sum(greatest(revenue, 0)) over (partition by currency)', 6) }} as revenue_share
from categories
