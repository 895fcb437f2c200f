{{ config(
    materialized='by_change', unit='case_id', waits=true,
    follows=['return_case_history', 'stg_return_notes'],
    also={'macro': 'return_cases_scored_since', 'from': []},
) }}
-- Everything that is known of a case, in order: what happened, what was tried against the rules, what was written, and
-- each time that its risk was told.
with entries as (
    select
        case_id,
        happened_at,
        place as told_as,
        origin,
        entry_id,
        type,
        value as detail,
        actor,
        actor_role,
        broken_rule,
        status as status_after,
        priority as priority_after
    from {{ ref('return_case_history') }}
    where {{ touched('case_id') }} and entry_id is not null
    union all
    select
        case_id,
        note.at,
        null,
        'note',
        note_id,
        if(internal, 'internal_note', 'note'),
        note.text,
        author,
        author_role,
        null,
        null,
        null
    from {{ ref('stg_return_notes') }} as note
    where {{ touched('case_id') }} and {{ has_come() }}
    union all
    select
        case_id,
        scored_at,
        null,
        'score',
        model_version,
        'risk_scored',
        format('{} ({:.3f})', label, score),
        null,
        null,
        null,
        null,
        null
    from {{ source('lake', 'escalation_scores') }}
    where {{ touched('case_id') }}
)

select
    case_id,
    -- What happened at the same moment stands as it was folded; what was written and told of it, below.
    row_number() over (partition by case_id order by happened_at, told_as nulls last, origin, entry_id) as place,
    happened_at,
    origin,
    entry_id,
    type,
    detail,
    actor,
    actor_role,
    broken_rule,
    status_after,
    priority_after
from entries
