{{ config(materialized='table') }}
with counts as (
    select
        store_id,
        product_id,
        counted_at,
        business_date,
        quantity,
        row_number() over (partition by store_id, product_id order by counted_at desc) as recency,
        min(business_date) filter (where quantity > 0) over (partition by store_id, product_id) as first_found_on
    from {{ ref('stg_stock_counts') }}
    where {{ has_come() }}
)

select
    last_count.store_id,
    last_count.product_id,
    last_count.counted_at,
    last_count.business_date as counted_on,
    last_count.quantity as counted_quantity,
    previous_count.counted_at as previous_counted_at,
    previous_count.business_date as previous_counted_on,
    previous_count.quantity as previous_counted_quantity,
    last_count.first_found_on
from counts as last_count
left join counts as previous_count
    on last_count.store_id = previous_count.store_id
    and last_count.product_id = previous_count.product_id
    and previous_count.recency = 2
where last_count.recency = 1
