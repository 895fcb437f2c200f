with heads as (
    select
        po_id,
        supplier_id,
        store_id,
        ordered_at,
        business_date as ordered_on,
        currency,
        due_on as promised_on
    from {{ ref('stg_purchase_orders') }}
),

states as (
    select order_id as po_id, status
    from {{ ref('order_history') }}
    where order_kind = 'purchase' and is_latest
),

-- A line whose head has not come yet is kept; an order dated later waits with all its lines.
lines as (
    select
        line.po_id,
        line.line_number,
        line.product_id,
        line.quantity,
        line.unit_cost,
        head.supplier_id,
        head.store_id,
        head.ordered_at,
        head.ordered_on,
        head.currency,
        head.promised_on,
        head.po_id is null as is_inferred
    from {{ ref('stg_purchase_order_lines') }} as line
    left join heads as head on line.po_id = head.po_id
    where head.po_id is null or head.ordered_on <= {{ as_of() }}
),

followed as (
    select
        line.*,
        coalesce(state.status, 'sent') as status,
        coalesce(receipt.received_quantity, 0) as received_quantity,
        receipt.first_received_on,
        receipt.last_received_on,
        coalesce(line.promised_on, line.ordered_on + terms.lead_time_days) as due_on,
        case
            when line.promised_on is not null then 'promised'
            when terms.lead_time_days is not null then 'lead_time'
            else 'unknown'
        end as due_basis
    from lines as line
    left join states as state on line.po_id = state.po_id
    left join {{ ref('int_purchase_receipts') }} as receipt
        on line.po_id = receipt.po_id and line.line_number = receipt.line_number
    -- The supplier's terms that were valid on the day of the order.
    asof left join {{ ref('supplier_products') }} as terms
        on line.supplier_id = terms.supplier_id
        and line.product_id = terms.product_id
        and line.ordered_on >= terms.valid_from
),

owed as (
    select
        *,
        status not in ('draft', 'received', 'cancelled') and received_quantity < quantity as is_open,
        case when is_open then quantity - received_quantity else 0 end as open_quantity,
        {{ as_of() }} - due_on as days_past_due
    from followed
)

select
    po_id,
    line_number,
    supplier_id,
    store_id,
    product_id,
    ordered_at,
    ordered_on,
    status,
    quantity as ordered_quantity,
    received_quantity,
    cast(open_quantity as {{ quantity_type() }}) as open_quantity,
    currency,
    unit_cost,
    {{ round_amount(extended('quantity', 'unit_cost'), 'currency') }} as ordered_amount,
    {{ round_amount(extended('received_quantity', 'unit_cost'), 'currency') }} as received_amount,
    {{ round_amount(extended('open_quantity', 'unit_cost'), 'currency') }} as open_amount,
    first_received_on,
    last_received_on,
    due_on,
    due_basis,
    is_open,
    is_open and coalesce(days_past_due > 0, false) as is_late,
    case when is_late then days_past_due end as days_late,
    is_inferred
from owed
