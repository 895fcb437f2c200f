select
    reject.feed,
    reject.place,
    reject.record,
    reject.rule,
    reject."column",
    reject.value,
    reject.raw,
    drops.source as _source,
    drops.sequence as _sequence,
    reject.record as _record,
    drops."partition" as _admitted_on,
    reject._content_key
from {{ source('feeds', 'rejects') }} as reject
inner join {{ source('ledger', 'drops') }} as drops
    on reject._content_key = drops.content_key and drops.state = 'loaded'
