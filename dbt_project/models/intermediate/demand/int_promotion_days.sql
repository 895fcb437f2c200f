{{ config(materialized='table') }}
-- Of what was ever sold: promotions are planned for products and stores by the thousand.
with sold as (
    select store_id, product_id, min(business_date) as first_sold_on
    from {{ ref('sales_daily') }}
    where units_sold > 0
    group by store_id, product_id
),

planned as (
    select sold.store_id, sold.product_id, sold.first_sold_on, promotion.starts_on, promotion.ends_on
    from sold
    inner join {{ ref('stg_promotions') }} as promotion
        on sold.product_id = promotion.product_id and promotion.store_id in (sold.store_id, '*')
)

select distinct
    store_id,
    product_id,
    cast(unnest(range(
        greatest(starts_on, first_sold_on),
        least(ends_on + 1, {{ as_of() }} + cast({{ setting('demand_horizon_days') }} as integer)),
        interval 1 day
    )) as date) as business_date
from planned
