{{ config(materialized='table') }}
with stood as (
    select
        *,
        lead(opening_quantity < 0 and units_sold > 0 and closing_quantity < opening_quantity) over by_day
            as sold_more_than_came
    from {{ ref('int_stock_steps') }}
    window by_day as (partition by store_id, product_id order by day)
),

-- A day with a change had nothing to sell if it began and ended so, and those after it if it ended so, up to the next change.
-- Where the books say that there were fewer than none, and then one was sold before any came, some were there all the
-- time: its days without a sale are days on which nobody wanted it.
empty as (
    select
        store_id,
        product_id,
        known_from,
        case when opening_quantity <= 0 and units_sold = 0 then day else day + 1 end as first_day,
        coalesce(next_day, {{ as_of() }}) as next_day
    from stood
    where closing_quantity <= 0 and not coalesce(sold_more_than_came, false)
)

select
    store_id,
    product_id,
    cast(unnest(range(greatest(first_day, known_from), least(next_day, {{ as_of() }}), interval 1 day)) as date)
        as business_date,
    true as is_whole_day
from empty
union all
-- The last one was sold. Where the books say that there were fewer than none they are wrong, and say nothing.
select store_id, product_id, day as business_date, false as is_whole_day
from stood
where units_sold > 0 and opening_quantity > 0 and closing_quantity = 0 and day >= known_from
