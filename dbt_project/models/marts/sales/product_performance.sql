with days as (
    select
        {{ as_of() }} - cast({{ setting('window_days') }} as integer) as window_start,
        {{ as_of() }} as window_end,
        cast(date_trunc('week', {{ as_of() }}) as date) - 7 * cast({{ setting('xyz_weeks') }} as integer) as weeks_start,
        cast(date_trunc('week', {{ as_of() }}) as date) as weeks_end
),

window_sales as (
    select
        sales.product_id,
        sales.currency,
        sum(sales.units_sold) as units_sold,
        sum(sales.units_returned) as units_returned,
        sum(sales.quantity) as quantity,
        sum(sales.revenue) as revenue,
        cast(sum(sales.cost) as {{ amount_type() }}) as cost,
        cast(sum(sales.margin) as {{ amount_type() }}) as margin,
        cast(sum(sales.revenue_without_cost) as {{ amount_type() }}) as revenue_without_cost,
        {{ cost_known_share('sales.revenue', 'sales.revenue_without_cost') }} as cost_known_share
    from {{ ref('sales_daily') }} as sales
    cross join days
    where sales.business_date >= days.window_start and sales.business_date < days.window_end
    group by sales.product_id, sales.currency
),

-- A product's rank goes by the revenue of those that sell better: the best one is always A.
ranked as (
    select
        *,
        coalesce(
            sum(greatest(revenue, 0)) over (
                partition by currency order by revenue desc, product_id
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as revenue_of_better,
        sum(greatest(revenue, 0)) over (partition by currency) as revenue_of_all
    from window_sales
),

weekly as (
    select
        sales.product_id,
        date_trunc('week', sales.business_date) as week,
        sum(sales.units_sold) as units
    from {{ ref('sales_daily') }} as sales
    cross join days
    where sales.business_date >= days.weeks_start and sales.business_date < days.weeks_end
    group by sales.product_id, date_trunc('week', sales.business_date)
),

-- A product that was launched in these weeks has been in demand from its first sale's week on.
launched as (
    select
        launches.product_id,
        least(
            {{ setting('xyz_weeks') }},
            date_diff('week', cast(date_trunc('week', launches.first_sold_on) as date), days.weeks_end)
        ) as weeks
    from (
        select product_id, min(business_date) as first_sold_on
        from {{ ref('sales_daily') }}
        where units_sold > 0
        group by product_id
    ) as launches
    cross join days
),

-- Weeks without a sale count as zero, so sums stand in for the weekly series: with n weeks, the population's
-- coefficient of variation is sqrt(n * sum(x^2) - sum(x)^2) / sum(x). One week varies from nothing.
variation as (
    select
        weekly.product_id,
        sqrt(greatest(
            any_value(launched.weeks) * sum(cast(weekly.units as double) * cast(weekly.units as double))
            - sum(cast(weekly.units as double)) * sum(cast(weekly.units as double)),
            0
        )) / nullif(sum(cast(weekly.units as double)), 0) as demand_variation
    from weekly
    inner join launched on weekly.product_id = launched.product_id
    where launched.weeks > 1
    group by weekly.product_id
)

select
    ranked.product_id,
    ranked.currency,
    days.window_start,
    cast(days.window_end - 1 as date) as window_end,
    cast(ranked.units_sold as {{ quantity_type() }}) as units_sold,
    cast(ranked.units_returned as {{ quantity_type() }}) as units_returned,
    cast(ranked.quantity as {{ quantity_type() }}) as quantity,
    cast(ranked.revenue as {{ amount_type() }}) as revenue,
    ranked.cost,
    ranked.margin,
    ranked.revenue_without_cost,
    ranked.cost_known_share,
    {{ ratio('100 * ranked.margin', 'ranked.revenue - ranked.revenue_without_cost', 2) }} as margin_percent,
    {{ ratio('ranked.units_returned', 'ranked.units_sold') }} as return_rate,
    {{ ratio('greatest(ranked.revenue, 0)', 'ranked.revenue_of_all', 6) }} as revenue_share,
    case
        when ranked.revenue <= 0 then 'C'
        when ranked.revenue_of_better < {{ cut('abc_cuts', 0) }} * ranked.revenue_of_all then 'A'
        when ranked.revenue_of_better < {{ cut('abc_cuts', 1) }} * ranked.revenue_of_all then 'B'
        else 'C'
    end as abc_class,
    coalesce(launched.weeks, 0) as demand_weeks,
    try_cast(round(variation.demand_variation, 4) as decimal(18, 4)) as demand_variation,
    case
        when variation.demand_variation <= {{ cut('xyz_cuts', 0) }} then 'X'
        when variation.demand_variation <= {{ cut('xyz_cuts', 1) }} then 'Y'
        else 'Z'
    end as xyz_class
from ranked
cross join days
left join launched on ranked.product_id = launched.product_id
left join variation on ranked.product_id = variation.product_id
