-- What each count found against the books: against the count before it and what changed the stock since then.
with counts as (
    select
        store_id,
        product_id,
        counted_at,
        business_date,
        quantity,
        lag(quantity) over earlier_first as previous_quantity,
        min(business_date) over (partition by store_id, product_id) as first_counted_on
    from {{ ref('stg_stock_counts') }}
    where {{ has_come() }}
    window earlier_first as (partition by store_id, product_id order by counted_at)
),

-- A count holds everything up to and including its own instant.
changed as (
    select counts.store_id, counts.product_id, counts.counted_at, sum(change.quantity) as quantity
    from {{ ref('int_stock_changes') }} as change
    asof inner join counts
        on change.store_id = counts.store_id
        and change.product_id = counts.product_id
        and change.changed_at <= counts.counted_at
    group by counts.store_id, counts.product_id, counts.counted_at
)

select
    counts.store_id,
    counts.product_id,
    counts.counted_at,
    counts.business_date as counted_on,
    counts.first_counted_on,
    cast(counts.quantity - counts.previous_quantity - coalesce(changed.quantity, 0) as {{ quantity_type() }})
        as count_difference
from counts
left join changed
    on counts.store_id = changed.store_id
    and counts.product_id = changed.product_id
    and counts.counted_at = changed.counted_at
