{{ config(
    materialized='by_change', unit='case_id', waits=true,
    follows=['stg_return_cases', 'stg_return_events', 'stg_return_documents'],
    also={'macro': 'return_cases_of_the_ledger', 'from': []},
) }}
-- What happened to cases, in order, and what of it counts: events and documents of sources, decisions taken here and
-- documents dropped here, folded by the rules of cases. What breaks a rule is kept with its name and changes nothing. A case of which no event says its state begins
-- with what its own row says.
-- depends_on: {{ ref('stg_return_cases') }}
-- The day of a decision that waited builds this model, as that of an event does.
-- depends_on: {{ ref('stg_decisions') }}
with recursive cases as (
    select case_id, business_date, customer_id, merchant_id, created_at, status, priority, assigned_to
    from {{ ref('stg_return_cases') }}
    where {{ touched('case_id') }} and {{ has_come() }}
),

events as (
    select
        'event' as origin,
        event_id as entry_id,
        case_id,
        business_date,
        event.at,
        type,
        actor,
        actor_role,
        {{ return_event_value() }} as value
    from {{ ref('stg_return_events') }} as event
    where {{ touched('case_id') }} and {{ has_come() }}
),

-- A source may tell of a document by an event, by its row, or by both. Times of the two logs differ, so numbers count:
-- of as many documents of a kind as there are events of it, all is said.
documents_without_event as (
    select document.*
    from (
        select
            every.*,
            row_number() over (partition by case_id, kind order by every.at, document_id) as place
        from {{ ref('stg_return_documents') }} as every
        where {{ touched('case_id') }} and {{ has_come() }}
    ) as document
    left join (
        select case_id, value as kind, count(*) as number
        from events
        where type = 'document_added'
        group by all
    ) as told on document.case_id = told.case_id and document.kind = told.kind
    where document.place > coalesce(told.number, 0)
),

entries as (
    select * from events
    union all
    select
        'document' as origin,
        document_id as entry_id,
        case_id,
        business_date,
        document.at,
        'document_added' as type,
        uploaded_by as actor,
        role as actor_role,
        kind as value
    from documents_without_event as document
    union all
    select
        'decision' as origin,
        decision_id as entry_id,
        case_id,
        business_date,
        decision.at,
        case
            when verdict in {{ sql_list(constant('return_statuses')) }} then 'status_changed'
            when verdict in {{ sql_list(constant('return_priorities')) }} then 'priority_changed'
            else 'assigned'
        end as type,
        actor,
        'ops' as actor_role,
        case when verdict = 'assign' then try_cast(payload as json) ->> 'assigned_to' else verdict end as value
    from ({{ return_decisions() }}) as decision
    where {{ touched('case_id') }} and {{ has_come() }}
),

-- What the rules say about an entry whatever came before it.
judged as (
    select
        entries.*,
        row_number() over (partition by entries.case_id order by entries.at, origin desc, entry_id) as place,
        case
            when cases.case_id is null then 'unknown_case'
            when entries.at < cases.created_at then 'before_its_case'
            when type = 'status_changed' and (value in {{ sql_list(constant('return_statuses')) }}) is not true
                then 'unknown_status'
            when type = 'priority_changed' and (value in {{ sql_list(constant('return_priorities')) }}) is not true
                then 'unknown_priority'
            when type = 'document_added' and (value in {{ sql_list(constant('return_evidence_kinds')) }}) is not true
                then 'unknown_kind_of_document'
            when type = 'assigned' and (length(value) <= {{ constant('return_name_characters') }}) is not true
                then 'nobody_named'
            when actor_role is null then 'role_missing'
            when may.scope is null then 'role_may_not'
            when
                may.scope = 'own'
                and actor is distinct from case actor_role when 'customer' then customer_id else merchant_id end
                then 'not_their_own'
        end as rule
    from entries
    left join cases on entries.case_id = cases.case_id
    left join (values {{ return_permissions() }}) as may (what, role, scope)
        on may.what = if(type = 'document_added', value, type) and may.role = actor_role
),

beginnings as (
    select
        cases.case_id,
        business_date,
        coalesce(
            if(said.status, null, cases.status), {{ sql_string(constant('return_first').status) }}
        ) as status,
        coalesce(
            if(said.priority, null, cases.priority), {{ sql_string(constant('return_first').priority) }}
        ) as priority,
        if(said.assigned_to, null, cases.assigned_to) as assigned_to
    from cases
    left join (
        select
            case_id,
            bool_or(type in ('created', 'status_changed')) as status,
            bool_or(type in ('created', 'priority_changed')) as priority,
            bool_or(type = 'assigned') as assigned_to
        from judged
        where origin = 'event' and rule is null
        group by case_id
    ) as said on cases.case_id = said.case_id
),

-- Entry by entry, all cases at a time.
folded as (
    select
        case_id,
        0::bigint as place,
        business_date,
        null::varchar as rule,
        status,
        priority,
        assigned_to
    from beginnings
    union all
    select
        judged.case_id,
        judged.place,
        judged.business_date,
        broken.rule,
        if(broken.rule is null and type = 'status_changed', value, folded.status) as status,
        if(broken.rule is null and type = 'priority_changed', value, folded.priority) as priority,
        if(broken.rule is null and type = 'assigned', value, folded.assigned_to) as assigned_to
    from folded
    inner join judged on folded.case_id = judged.case_id and folded.place + 1 = judged.place
    cross join lateral (
        select coalesce(
            judged.rule,
            case
                when type = 'status_changed' and (folded.status, value) not in ({{ return_transitions() }})
                    then 'illegal_transition'
            end
        ) as rule
    ) as broken
),

-- Documents that were dropped here, by whoever may: of operations, who may add either kind. They change no state.
documents as (
    select
        {{ case_of_document() }} as case_id,
        "partition" as business_date,
        cast(sequence as varchar) as entry_id,
        admitted_at,
        name_values ->> 'kind' as kind
    from {{ source('ledger', 'drops') }} as document
    where {{ documents_that_count() }} and {{ touched(case_of_document()) }}
),

happened as (
    select
        folded.case_id,
        folded.place,
        folded.business_date,
        judged.origin,
        judged.entry_id,
        judged.at as happened_at,
        judged.type,
        judged.value,
        judged.actor,
        judged.actor_role,
        coalesce(folded.rule, judged.rule) as broken_rule,
        folded.status,
        folded.priority,
        folded.assigned_to
    from folded
    left join judged on folded.case_id = judged.case_id and folded.place = judged.place
    union all
    -- Of cases that are not known (yet) nothing is folded.
    select
        case_id, place, business_date, origin, entry_id, judged.at, type, value, actor, actor_role, rule,
        null, null, null
    from judged
    where rule = 'unknown_case'
    union all
    select
        documents.case_id, null, documents.business_date, 'drop', entry_id, admitted_at, 'document_added', kind,
        null, 'ops', if(cases.case_id is null, 'unknown_case', null), null, null, null
    from documents
    left join cases on documents.case_id = cases.case_id
)

select
    case_id,
    row_number() over (
        partition by case_id order by happened_at nulls first, happened.place nulls last, entry_id
    ) - 1 as place,
    happened.place as step,
    business_date,
    origin,
    entry_id,
    happened_at,
    type,
    value,
    actor,
    actor_role,
    broken_rule,
    status,
    priority,
    assigned_to
from happened
