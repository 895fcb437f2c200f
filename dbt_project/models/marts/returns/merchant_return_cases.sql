select
    merchant_id,
    case_id,
    business_date,
    status,
    priority,
    is_active,
    created_at,
    first_response_due_at,
    sla_due_at,
    {{ code_only('order_reference', may_be_word=false) }} as order_reference,
    product_id,
    item_category,
    {{ code_only('return_reason') }} as return_reason,
    order_value,
    currency,
    delivery_date
from {{ ref('int_return_cases') }}
where merchant_id is not null
