{{ config(materialized='view') }}
select
    flags._sequence as sequence,
    drops.folder,
    drops.name,
    flags.feed,
    {{ quoted('flags.place') }} as place,
    flags.record,
    flags.rule,
    flags."column" as column_name,
    -- What is too long for its column is no id, code or name of anything: somebody wrote it.
    case when flags.rule = 'too_long' then '***' else {{ quoted('flags.value') }} end as value
from {{ ref('stg_flags') }} as flags
inner join {{ ref('int_drops') }} as drops on flags._sequence = drops.sequence
