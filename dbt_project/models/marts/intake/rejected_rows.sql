{{ config(materialized='view') }}
-- The raw record stays in the lake: it may hold columns that no contract knows.
select
    rejects._sequence as sequence,
    drops.folder,
    drops.name,
    rejects.feed,
    {{ quoted('rejects.place') }} as place,
    rejects.record,
    rejects.rule,
    rejects."column",
    {{ quoted('rejects.value') }} as value
from {{ ref('stg_rejects') }} as rejects
inner join {{ ref('int_drops') }} as drops on rejects._sequence = drops.sequence
