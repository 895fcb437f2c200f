select
    sequence,
    folder,
    name,
    size as bytes,
    sha256,
    source,
    admitted_at,
    "partition" as admitted_on,
    reason,
    message
from {{ source('ledger', 'drops') }}
where state = 'quarantined'
