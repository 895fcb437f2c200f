select
    flag.feed,
    flag.place,
    flag.record,
    flag.rule,
    flag."column",
    flag.value,
    drops.source as _source,
    drops.sequence as _sequence,
    flag.record as _record,
    drops."partition" as _admitted_on,
    flag._content_key
from {{ source('feeds', 'flags') }} as flag
inner join {{ source('ledger', 'drops') }} as drops
    on flag._content_key = drops.content_key and drops.state = 'loaded'
