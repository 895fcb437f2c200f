select
    effects.feed,
    case when effects.feed in {{ of_personal_feeds() }} then '***' else effects.key end as key,
    effects.effect,
    effects.sequence,
    drops.name,
    drops.source,
    effects.record,
    effects.by_sequence,
    by_drops.name as by_name,
    by_drops.source as by_source,
    case when effects.feed in {{ of_personal_feeds() }} then '***' else effects.document end as document,
    effects.brought as document_rows,
    effects.had as document_rows_before,
    case when effects.effect = 'without_effect' then drops."partition" else by_drops."partition" end as happened_on
from {{ ref('int_row_effects') }} as effects
inner join {{ ref('int_drops') }} as drops on effects.sequence = drops.sequence
inner join {{ ref('int_drops') }} as by_drops on effects.by_sequence = by_drops.sequence
