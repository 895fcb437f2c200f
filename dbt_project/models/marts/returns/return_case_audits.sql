{{ config(
    materialized='by_change', unit='case_id',
    follows=['int_return_cases', 'return_audit_trail'],
) }}
-- What there is to hand out about a closed case: its state, and its trail in order.
with trails as (
    select
        case_id,
        list(
            {
                'at': {{ iso_instant('happened_at') }},
                'origin': origin,
                'id': entry_id,
                'type': type,
                'detail': detail,
                'actor': actor,
                'actor_role': actor_role,
                'broken_rule': broken_rule,
                'status_after': status_after,
                'priority_after': priority_after
            }
            order by place
        ) as entries
    from {{ ref('return_audit_trail') }}
    where {{ touched('case_id') }}
    group by case_id
)

select
    cases.case_id,
    resolved_at,
    to_json(
        {
            'case_id': cases.case_id,
            'status': status,
            'priority': priority,
            'created_at': {{ iso_instant('created_at') }},
            'resolved_at': {{ iso_instant('resolved_at') }},
            'first_response_due_at': {{ iso_instant('first_response_due_at') }},
            'first_responded_at': {{ iso_instant('first_responded_at') }},
            'sla_due_at': {{ iso_instant('sla_due_at') }},
            'escalated_at': {{ iso_instant('escalated_at') }},
            'customer_id': customer_id,
            'merchant_id': merchant_id,
            'store_id': store_id,
            'product_id': product_id,
            'order_reference': order_reference,
            'order_value': order_value,
            'currency': currency,
            'delivery_date': delivery_date,
            'item_category': item_category,
            'return_reason': return_reason,
            'customer_message': customer_message,
            'assigned_to': assigned_to,
            'trail': coalesce(trails.entries, [])
        }
    )::varchar as document
from {{ ref('int_return_cases') }} as cases
left join trails on cases.case_id = trails.case_id
where not is_active and {{ touched('cases.case_id') }}
