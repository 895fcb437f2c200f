{{ config(materialized='view') }}
-- The raw record stays in the lake: it may hold columns that no contract knows.
select
    rejects._sequence as sequence,
    drops.folder,
    drops.name,
    rejects.feed,
    rejects.place,
    rejects.record,
    rejects.rule,
    rejects."column",
    rejects.value
from {{ ref('stg_rejects') }} as rejects
inner join {{ source('ledger', 'drops') }} as drops on rejects._sequence = drops.sequence
