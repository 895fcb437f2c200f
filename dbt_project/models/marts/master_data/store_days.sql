select
    store_id,
    date,
    is_open,
    {{ code_only('note') }} as note
from {{ ref('stg_store_calendar') }}
