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
    rejects."column" as column_name,
    -- What is too long for its column is no id, code or name of anything: somebody wrote it.
    case when rejects.rule = 'too_long' then '***' else {{ quoted('rejects.value') }} end as value
from {{ ref('stg_rejects') }} as rejects
inner join {{ ref('int_drops') }} as drops on rejects._sequence = drops.sequence
