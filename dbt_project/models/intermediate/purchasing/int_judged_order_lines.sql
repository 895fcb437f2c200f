-- A line closed short is delivered when its last units came. One that came before it was ordered tells no lead time.
with dated as (
    select
        *,
        status = 'received' or received_quantity >= ordered_quantity as is_closed,
        is_closed and coalesce(last_received_on >= ordered_on, false) as is_delivered,
        {{ as_of() }} - due_on as days_past_due
    from {{ ref('purchase_orders') }}
    where
        supplier_id is not null
        and status not in ('draft', 'cancelled')
        and ordered_on >= {{ as_of() }} - {{ setting('supplier_window_days') }}
        and ordered_on < {{ as_of() }}
),

lines as (
    select
        *,
        coalesce(days_past_due > 0, false) as is_past_due,
        case when is_delivered then last_received_on - ordered_on end as lead_days,
        due_on - ordered_on as stated_days,
        case
            when due_on is null then null  -- which greatest passes over
            when is_delivered then greatest(last_received_on - due_on, 0)
            when is_past_due then days_past_due
        end as delay_days
    from dated
)

select
    po_id,
    line_number,
    supplier_id,
    product_id,
    currency,
    ordered_at,
    ordered_quantity,
    received_quantity,
    unit_cost,
    is_closed,
    is_late,
    is_past_due,
    lead_days,
    stated_days,
    delay_days
from lines
