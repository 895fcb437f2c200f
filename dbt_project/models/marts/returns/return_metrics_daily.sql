select
    business_date,
    status,
    priority,
    count(*) as cases,
    count(*) filter (where is_active and sla_due_at < {{ now() }} or resolved_at > sla_due_at) as breached_cases,
    count(escalated_at) as escalated_cases
from {{ ref('int_return_cases') }}
group by business_date, status, priority
