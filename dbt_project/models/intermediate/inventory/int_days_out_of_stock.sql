{{ config(materialized='table') }}
-- What changed the stock on a day; a count that differed from the books changed it then. Its first count is the day from
-- which on the stock of a product in a store is known.
with happened as (
    select store_id, product_id, business_date as day, -sum(quantity) as units, sum(units_sold) as units_sold
    from {{ ref('sales_daily') }}
    group by store_id, product_id, business_date
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

counted as (
    select store_id, product_id, min(first_counted_on) as first_counted_on
    from {{ ref('int_count_differences') }}
    group by store_id, product_id
),

steps as (
    select store_id, product_id, day, sum(units) as units, max(units_sold) as units_sold
    from happened
    where (store_id, product_id) in (select (store_id, product_id) from counted)
    group by store_id, product_id, day
),

-- Backwards from today's stock: what was there when a day began and when it ended.
stood as (
    select
        step.store_id,
        step.product_id,
        step.day,
        step.units,
        step.units_sold,
        lead(step.day) over (partition by step.store_id, step.product_id order by step.day) as next_day,
        level.available_quantity
        - sum(step.units) over (partition by step.store_id, step.product_id order by step.day desc) as opening_quantity,
        opening_quantity + step.units as closing_quantity,
        greatest(counted.first_counted_on + 1, level.first_stocked_on) as known_from
    from steps as step
    inner join {{ ref('stock_levels') }} as level
        on step.store_id = level.store_id and step.product_id = level.product_id
    inner join counted on step.store_id = counted.store_id and step.product_id = counted.product_id
    where level.first_stocked_on is not null
),

-- A day with a change had nothing to sell if it began and ended so, and those after it if it ended so, up to the next change.
empty as (
    select
        store_id,
        product_id,
        known_from,
        case when opening_quantity <= 0 and units_sold = 0 then day else day + 1 end as first_day,
        coalesce(next_day, {{ as_of() }}) as next_day
    from stood
    where closing_quantity <= 0
)

select
    store_id,
    product_id,
    cast(unnest(range(greatest(first_day, known_from), least(next_day, {{ as_of() }}), interval 1 day)) as date)
        as business_date
from empty
