-- What the newest night proposed (that of the reorder points, whether it proposed anything or not), with what people
-- decided about it since.
with newest as (
    select max(planned_on) as planned_on
    from {{ source('lake', 'reorder_points') }}
),

decided as (
    {{ last_decided('order_decisions') }}
)

select
    proposal.proposal_id,
    proposal.planned_on,
    proposal.store_id,
    proposal.product_id,
    proposal.supplier_id,
    {{ state_of_order('decided.state', 'placed.proposal_id') }} as status,
    proposal.order_quantity,
    proposal.declined_quantity,
    placed.quantity as placed_quantity,
    placed.order_number,
    proposal.pack_size,
    proposal.min_order_quantity,
    proposal.currency,
    proposal.unit_cost,
    proposal.landed_unit_cost,
    proposal.total_unit_cost,
    proposal.order_amount,
    proposal.abc_class,
    proposal.service_level,
    proposal.demand_quantity,
    proposal.daily_demand,
    proposal.safety_stock,
    proposal.reorder_point,
    proposal.order_up_to,
    proposal.on_hand_quantity,
    proposal.promised_quantity,
    proposal.on_order_quantity,
    proposal.in_transit_quantity,
    proposal.overdue_quantity,
    proposal.due_quantity,
    proposal.stock_position,
    proposal.transfer_quantity,
    proposal.expected_stockout_on,
    proposal.stockout_probability,
    proposal.protection_days,
    proposal.lead_time_days,
    proposal.lead_time_spread_days,
    proposal.lead_time_basis,
    proposal.supplier_count,
    proposal.forecast_origin,
    proposal.forecast_version
from {{ source('lake', 'reorder_proposals') }} as proposal
inner join newest on proposal.planned_on = newest.planned_on
left join decided on proposal.proposal_id = decided.subject
left join {{ source('lake', 'placed_order_lines') }} as placed on proposal.proposal_id = placed.proposal_id
