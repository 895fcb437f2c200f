-- A count holds everything up to and including its own instant.
with counts as (
    select
        store_id,
        product_id,
        counted_at,
        counted_on,
        counted_quantity,
        previous_counted_at,
        previous_counted_on,
        previous_counted_quantity
    from {{ ref('int_stock_counts') }}
),

-- Days before the earliest count that matters are never read.
changed as (
    select
        change.store_id,
        change.product_id,
        -sum(change.quantity) filter (where change.kind = 'sale' and change.changed_at > counts.counted_at)
            as sold_quantity,
        sum(change.quantity) filter (where change.kind != 'sale' and change.changed_at > counts.counted_at)
            as moved_quantity,
        sum(change.quantity) filter (where change.changed_at <= counts.counted_at) as changed_before_count
    from {{ ref('int_stock_changes') }} as change
    inner join counts on change.store_id = counts.store_id and change.product_id = counts.product_id
    where
        change.changed_at > coalesce(counts.previous_counted_at, counts.counted_at)
        and change.business_date >= (select min(coalesce(previous_counted_on, counted_on)) from counts)
    group by change.store_id, change.product_id
),

-- Every product that a store ever had, counted or not. Days are enough here, and fewer than lines.
had as (
    select store_id, product_id, case when units_sold > 0 then business_date end as sold_on
    from {{ ref('sales_daily') }}
    union all
    select store_id, product_id, null
    from {{ ref('stock_movements') }}
    where changes_stock
),

seen as (
    select store_id, product_id, min(sold_on) as first_sold_on, max(sold_on) as last_sold_on
    from had
    group by store_id, product_id
),

levels as (
    select
        store_id,
        product_id,
        counts.counted_at is not null as is_counted,
        counts.counted_at,
        counts.counted_on,
        counts.counted_quantity,
        case when is_counted then coalesce(changed.moved_quantity, 0) end as moved_since_count,
        case when is_counted then coalesce(changed.sold_quantity, 0) end as sold_since_count,
        counts.previous_counted_at,
        counts.previous_counted_quantity + coalesce(changed.changed_before_count, 0) as expected_quantity,
        seen.first_sold_on,
        seen.last_sold_on
    from counts
    full join seen using (store_id, product_id)
    left join changed using (store_id, product_id)
)

select
    store_id,
    product_id,
    cast(counted_quantity + moved_since_count - sold_since_count as {{ quantity_type() }}) as quantity,
    is_counted,
    counted_at,
    counted_on,
    counted_quantity,
    cast(moved_since_count as {{ quantity_type() }}) as moved_since_count,
    cast(sold_since_count as {{ quantity_type() }}) as sold_since_count,
    previous_counted_at,
    cast(expected_quantity as {{ quantity_type() }}) as expected_quantity,
    cast(counted_quantity - expected_quantity as {{ quantity_type() }}) as count_difference,
    first_sold_on,
    last_sold_on
from levels
