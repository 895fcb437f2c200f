{{ config(materialized='by_change', unit='business_date', follows=['sales_lines']) }}
select
    store_id,
    product_id,
    business_date,
    currency,
    count(*) as line_count,
    cast(coalesce(sum(quantity) filter (where quantity > 0), 0) as {{ quantity_type() }}) as units_sold,
    cast(coalesce(-sum(quantity) filter (where quantity < 0), 0) as {{ quantity_type() }}) as units_returned,
    cast(sum(quantity) as {{ quantity_type() }}) as quantity,
    cast(sum(revenue) as {{ amount_type() }}) as revenue,
    cast(sum(cost) as {{ amount_type() }}) as cost,
    cast(sum(margin) as {{ amount_type() }}) as margin,
    cast(coalesce(sum(revenue) filter (where cost is null), 0) as {{ amount_type() }}) as revenue_without_cost
from {{ ref('sales_lines') }}
where {{ touched('business_date') }} and not is_cancelled
group by store_id, product_id, business_date, currency
