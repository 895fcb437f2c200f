-- What the newest night proposed (that of the reorder points, whether it proposed anything or not), with what people
-- decided about it since.
with newest as (
    select max(planned_on) as planned_on
    from {{ source('lake', 'reorder_points') }}
),

decided as (
    {{ last_decided('transfer_decisions') }}
)

select
    transfer.transfer_id,
    transfer.planned_on,
    transfer.product_id,
    transfer.origin_store_id,
    transfer.destination_store_id,
    {{ state_of_transfer('decided.state', 'placed.transfer_id') }} as status,
    transfer.quantity,
    transfer.currency,
    transfer.amount,
    transfer.origin_on_hand_quantity,
    transfer.origin_needed_quantity,
    transfer.origin_daily_demand,
    transfer.destination_position,
    transfer.destination_reorder_point,
    transfer.destination_order_up_to,
    transfer.expected_stockout_on,
    transfer.stockout_probability,
    transfer.forecast_origin,
    transfer.forecast_version
from {{ source('lake', 'transfer_proposals') }} as transfer
inner join newest on transfer.planned_on = newest.planned_on
left join decided on transfer.transfer_id = decided.subject
left join {{ source('lake', 'placed_transfers') }} as placed on transfer.transfer_id = placed.transfer_id
