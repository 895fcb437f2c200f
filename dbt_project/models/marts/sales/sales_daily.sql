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
    {{ all_or_nothing('cost') }} as cost,
    {{ all_or_nothing('margin') }} as margin
from {{ ref('sales_lines') }}
where {{ touched('business_date') }} and not is_cancelled
group by store_id, product_id, business_date, currency
