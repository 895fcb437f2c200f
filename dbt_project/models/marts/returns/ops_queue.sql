-- Everything that operations may want to see: what is active, and what was closed lately. Ready ordered.
with cases as (
    select
        *,
        -- When time alone moves it next: it becomes breached, or leaves.
        if(
            is_active, sla_due_at, last_event_at + to_days({{ setting('return_queue_closed_days') }})
        ) as moves_at,
        coalesce(is_active and sla_due_at < {{ now() }}, false) as is_breached,
        list_position({{ sql_list(constant('return_priorities')) | replace('(', '[') | replace(')', ']') }}, priority)
            as priority_rank
    from {{ ref('int_return_cases') }}
    where is_active or moves_at >= {{ now() }}
),

ordered as (
    select
        *,
        row_number() over (
            order by is_breached desc, priority_rank desc, sla_due_at nulls last, created_at, case_id
        ) as position
    from cases
)

select
    position,
    (position - 1) // {{ setting('return_queue_page_rows') }} + 1 as page,
    ordered.case_id,
    ordered.status,
    ordered.priority,
    is_active,
    is_breached,
    sla_due_at,
    first_response_due_at,
    first_responded_at,
    ordered.created_at,
    order_reference,
    ordered.customer_id,
    customer.name as customer_name,
    customer.email as customer_email,
    ordered.merchant_id,
    merchant.display_name as merchant_name,
    item_category,
    return_reason,
    order_value,
    ordered.currency,
    assigned_to,
    documents,
    risk.score as risk_score,
    risk.label as risk_label,
    risk.reason_codes,
    cast(round(risk.score * order_value, 2) as {{ amount_type() }}) as value_at_risk,
    risk.scored_at,
    if(is_breached, null, moves_at) as moves_at
from ordered
left join {{ ref('int_return_risks') }} as risk on ordered.case_id = risk.case_id
left join {{ ref('stg_customers') }} as customer on ordered.customer_id = customer.customer_id
left join {{ ref('stg_merchants') }} as merchant on ordered.merchant_id = merchant.merchant_id
