-- The stock of a product in a store is known from its first count on; what happened before is never read.
with counted as (
    select store_id, product_id, min(first_counted_on) as first_counted_on
    from {{ ref('int_count_differences') }}
    group by store_id, product_id
),

known as (
    select
        level.store_id,
        level.product_id,
        level.available_quantity,
        counted.first_counted_on,
        greatest(counted.first_counted_on + 1, level.first_stocked_on) as known_from
    from {{ ref('stock_levels') }} as level
    inner join counted on level.store_id = counted.store_id and level.product_id = counted.product_id
    where level.first_stocked_on is not null
),

-- What changed the stock on a day; a count that differed from the books changed it then.
happened as (
    select store_id, product_id, business_date as day, -quantity as units, units_sold
    from {{ ref('sales_daily') }}
    union all
    select store_id, product_id, business_date as day, -quantity as units, 0 as units_sold
    from {{ ref('int_returns_put_back') }}
    union all
    select store_id, product_id, business_date as day, quantity as units, 0 as units_sold
    from {{ ref('stock_movements') }}
    where changes_stock
    union all
    select store_id, product_id, counted_on as day, coalesce(count_difference, 0) as units, 0 as units_sold
    from {{ ref('int_count_differences') }}
),

steps as (
    select
        step.store_id,
        step.product_id,
        step.day,
        any_value(known.available_quantity) as available_quantity,
        any_value(known.known_from) as known_from,
        sum(step.units) as units,
        sum(step.units_sold) as units_sold
    from happened as step
    inner join known
        on step.store_id = known.store_id
        and step.product_id = known.product_id
        and step.day >= known.first_counted_on
    group by step.store_id, step.product_id, step.day
)

-- Backwards from today's stock: what was there when a day began and when it ended.
select
    store_id,
    product_id,
    day,
    known_from,
    units_sold,
    lead(day) over by_day as next_day,
    available_quantity
    - sum(units) over (by_day rows between current row and unbounded following) as opening_quantity,
    opening_quantity + units as closing_quantity
from steps
window by_day as (partition by store_id, product_id order by day)
