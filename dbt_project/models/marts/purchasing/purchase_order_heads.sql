with states as (
    select order_id as po_id, status
    from {{ ref('order_history') }}
    where order_kind = 'purchase' and is_latest
),

lines as (
    select
        po_id,
        count(*) as line_count,
        count(unit_cost) as lines_with_cost,
        sum(ordered_quantity) as ordered_quantity,
        sum(ordered_quantity) filter (where unit_cost is not null) as quantity_with_cost,
        sum(ordered_amount) as known_amount
    from {{ ref('purchase_orders') }}
    group by po_id
)

select
    head.po_id,
    head.supplier_id,
    head.store_id,
    head.ordered_at,
    head.business_date as ordered_on,
    head.due_on as promised_on,
    coalesce(states.status, 'sent') as status,
    head.currency,
    coalesce(lines.line_count, 0) as line_count,
    coalesce(lines.lines_with_cost, 0) as lines_with_cost,
    lines.po_id is null as is_without_lines,
    cast(lines.ordered_quantity as {{ quantity_type() }}) as ordered_quantity,
    cast(lines.known_amount as {{ amount_type() }}) as known_amount,
    cast(case when lines.ordered_quantity > 0 then coalesce(lines.quantity_with_cost, 0) / lines.ordered_quantity end
        as decimal(9, 6)) as share_with_cost
from {{ ref('stg_purchase_orders') }} as head
left join lines on head.po_id = lines.po_id
left join states on head.po_id = states.po_id
where head.{{ has_come() }}
