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
        previous_counted_quantity,
        first_found_on
    from {{ ref('int_stock_counts') }}
),

-- Days before the earliest count that matters are never read.
changed as (
    select
        change.store_id,
        change.product_id,
        -sum(change.quantity) filter (where change.kind in ('sale', 'shipment') and change.changed_at > counts.counted_at)
            as sold_quantity,
        -sum(change.quantity) filter (where change.kind = 'shipment' and change.changed_at > counts.counted_at)
            as shipped_quantity,
        sum(change.quantity) filter (where change.kind not in ('sale', 'shipment') and change.changed_at > counts.counted_at)
            as moved_quantity,
        sum(change.quantity) filter (where change.changed_at <= counts.counted_at) as changed_before_count
    from {{ ref('int_stock_changes') }} as change
    inner join counts on change.store_id = counts.store_id and change.product_id = counts.product_id
    where
        change.changed_at > coalesce(counts.previous_counted_at, counts.counted_at)
        and change.business_date >= (select min(coalesce(previous_counted_on, counted_on)) from counts)
    group by change.store_id, change.product_id
),

reserved as (
    select store_id, product_id, sum(quantity) as reserved_quantity
    from {{ ref('int_stock_departures') }}
    where is_reserved
    group by store_id, product_id
),

incoming as (
    select destination_store_id as store_id, product_id, sum(quantity) as incoming_quantity
    from {{ ref('goods_in_transit') }}
    where destination_store_id is not null
    group by destination_store_id, product_id
),

-- Every product that a store ever had, counted or not. Days are enough here, and fewer than lines.
had as (
    select
        store_id,
        product_id,
        case when units_sold > 0 then business_date end as sold_on,
        case when units_sold > 0 then business_date end as stocked_on
    from {{ ref('sales_daily') }}
    union all
    select
        store_id,
        product_id,
        null as sold_on,
        case when quantity > 0 and kind != 'customer_return' then business_date end as stocked_on
    from {{ ref('stock_movements') }}
    where changes_stock
    union all
    select store_id, product_id, null as sold_on, null as stocked_on
    from incoming
),

seen as (
    select
        store_id,
        product_id,
        min(sold_on) as first_sold_on,
        max(sold_on) as last_sold_on,
        min(stocked_on) as first_stocked_on
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
        case when is_counted then coalesce(changed.shipped_quantity, 0) end as shipped_since_count,
        coalesce(reserved.reserved_quantity, 0) as reserved_quantity,
        coalesce(incoming.incoming_quantity, 0) as incoming_quantity,
        counts.previous_counted_at,
        counts.previous_counted_on,
        counts.previous_counted_quantity + coalesce(changed.changed_before_count, 0) as expected_quantity,
        seen.first_sold_on,
        seen.last_sold_on,
        least(seen.first_stocked_on, counts.first_found_on) as first_stocked_on
    from counts
    full join seen using (store_id, product_id)
    left join changed using (store_id, product_id)
    left join reserved using (store_id, product_id)
    left join incoming using (store_id, product_id)
)

select
    store_id,
    product_id,
    cast(counted_quantity + moved_since_count - sold_since_count as {{ quantity_type() }}) as quantity,
    cast(reserved_quantity as {{ quantity_type() }}) as reserved_quantity,
    cast(counted_quantity + moved_since_count - sold_since_count - reserved_quantity as {{ quantity_type() }})
        as available_quantity,
    cast(incoming_quantity as {{ quantity_type() }}) as incoming_quantity,
    is_counted,
    counted_at,
    counted_on,
    counted_quantity,
    cast(moved_since_count as {{ quantity_type() }}) as moved_since_count,
    cast(sold_since_count as {{ quantity_type() }}) as sold_since_count,
    cast(shipped_since_count as {{ quantity_type() }}) as shipped_since_count,
    previous_counted_at,
    previous_counted_on,
    cast(expected_quantity as {{ quantity_type() }}) as expected_quantity,
    cast(counted_quantity - expected_quantity as {{ quantity_type() }}) as count_difference,
    first_sold_on,
    last_sold_on,
    first_stocked_on
from levels
