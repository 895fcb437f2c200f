with movements as (
    select
        movement_id,
        store_id,
        product_id,
        moved_at,
        business_date,
        kind,
        quantity,
        transfer_id,
        counterpart_store_id,
        po_id,
        po_line_number,
        order_id
    from {{ ref('stg_stock_movements') }}
    where business_date <= {{ as_of() }}
),

transfer_movements as (
    select *
    from movements
    where kind in ('transfer_out', 'transfer_in')
),

-- The two ends of a transfer, from whichever side names them.
routes as (
    select
        transfer_id,
        coalesce(
            arg_min(store_id, moved_at) filter (where kind = 'transfer_out'),
            arg_min(counterpart_store_id, moved_at) filter (where kind = 'transfer_in')
        ) as origin_store_id,
        coalesce(
            arg_min(store_id, moved_at) filter (where kind = 'transfer_in'),
            arg_min(counterpart_store_id, moved_at) filter (where kind = 'transfer_out')
        ) as destination_store_id
    from transfer_movements
    group by transfer_id
),

-- A transfer may carry several products, each in several movements a side.
carried as (
    select
        transfer_id,
        product_id,
        coalesce(-sum(quantity) filter (where kind = 'transfer_out'), 0) as sent_quantity,
        coalesce(sum(quantity) filter (where kind = 'transfer_in'), 0) as arrived_quantity,
        max(business_date) filter (where kind = 'transfer_in') as arrived_on
    from transfer_movements
    group by transfer_id, product_id
),

-- What left first arrives first, so what has not arrived lies with the latest departures.
transfers as (
    select
        movement.movement_id,
        case movement.kind
            when 'transfer_out' then route.destination_store_id
            else route.origin_store_id
        end as counterpart_store_id,
        case
            when carried.sent_quantity <= 0 then 'no_departure'
            when carried.arrived_quantity <= 0 then 'in_transit'
            when carried.arrived_quantity < carried.sent_quantity then 'part_arrived'
            when carried.arrived_quantity = carried.sent_quantity then 'arrived'
            else 'over_arrived'
        end as transfer_status,
        carried.arrived_on,
        greatest(-movement.quantity, 0) as departed_quantity,
        sum(departed_quantity) filter (where movement.kind = 'transfer_out') over later_first as departed_since,
        case
            when movement.kind = 'transfer_out' then least(
                departed_quantity,
                greatest(
                    carried.sent_quantity - carried.arrived_quantity - (departed_since - departed_quantity), 0
                )
            )
        end as in_transit_quantity
    from transfer_movements as movement
    inner join carried
        on movement.transfer_id = carried.transfer_id and movement.product_id = carried.product_id
    inner join routes as route on movement.transfer_id = route.transfer_id
    window later_first as (
        partition by movement.transfer_id, movement.product_id
        order by movement.moved_at desc, movement.movement_id desc
    )
)

select
    movement.movement_id,
    movement.store_id,
    movement.product_id,
    movement.moved_at,
    movement.business_date,
    movement.kind,
    movement.quantity,
    -- What was cancelled never left, so it cannot come back.
    not coalesce(returned.is_cancelled, false) as changes_stock,
    movement.transfer_id,
    coalesce(movement.counterpart_store_id, transfer.counterpart_store_id) as counterpart_store_id,
    transfer.transfer_status,
    cast(transfer.in_transit_quantity as {{ quantity_type() }}) as in_transit_quantity,
    case
        when transfer.in_transit_quantity > 0 then {{ as_of() }} - movement.business_date
        when transfer.in_transit_quantity = 0 and transfer.arrived_on >= movement.business_date
            then transfer.arrived_on - movement.business_date
    end as days_in_transit,
    movement.po_id,
    movement.po_line_number,
    movement.order_id
from movements as movement
left join transfers as transfer on movement.movement_id = transfer.movement_id
left join {{ ref('int_customer_returns') }} as returned on movement.movement_id = returned.movement_id
