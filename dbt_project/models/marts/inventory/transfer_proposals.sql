-- What the newest night proposed: that of the reorder points, whether it proposed anything or not.
with newest as (
    select max(planned_on) as planned_on
    from {{ source('lake', 'reorder_points') }}
)

select
    transfer.transfer_id,
    transfer.planned_on,
    transfer.product_id,
    transfer.origin_store_id,
    transfer.destination_store_id,
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
