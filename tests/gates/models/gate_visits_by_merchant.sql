select
    visits.merchant_id,
    visits.store_id,
    visits.business_date,
    visits.visitors,
    staffing.assistants
from {{ ref('gate_visits') }} as visits
left join {{ source('lake', 'gate_staffing') }} as staffing on visits.store_id = staffing.store_id
