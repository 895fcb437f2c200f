{# What an event of a return case brought: its payload is the value itself, or JSON that holds it, perhaps among others.
   A blank one brought nothing. #}
{% macro return_event_value() -%}
    nullif(trim(
        case
            when try_cast(payload as json) is null or json_type(payload) != 'OBJECT' then payload
            when type = 'status_changed' then coalesce(payload ->> 'to', payload ->> 'status')
            when type = 'priority_changed' then coalesce(payload ->> 'to', payload ->> 'priority')
            when type = 'assigned' then coalesce(payload ->> 'to', payload ->> 'assigned_to')
            else coalesce(payload ->> 'to', payload ->> 'kind')
        end
    ), '')
{%- endmacro %}

{# Rows (what, role, scope): who may do what to which cases. #}
{% macro return_permissions() -%}
    {%- set rows = [] -%}
    {%- for what, roles in constant('return_may').items() -%}
        {%- for role, scope in roles.items() -%}
            {%- do rows.append("('" ~ what ~ "', '" ~ role ~ "', '" ~ scope ~ "')") -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ rows | join(', ') }}
{%- endmacro %}

{# Pairs (before, after): the legal changes of a status. #}
{% macro return_transitions() -%}
    {%- set pairs = [] -%}
    {%- for before, afters in constant('return_transitions').items() -%}
        {%- for after in afters -%}
            {%- do pairs.append("('" ~ before ~ "', '" ~ after ~ "')") -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ pairs | join(', ') }}
{%- endmacro %}

{# Decisions about return cases, dated as events are: those dated after the night wait. #}
{% macro return_decisions() -%}
    select
        *,
        subject as case_id,
        cast(timezone('{{ setting("time_zone") }}', decision.at) as date) as business_date
    from {{ source('ledger', 'decisions') }} as decision
    where kind = 'change_case' and accepted
{%- endmacro %}

{# Documents of return cases that were dropped and count. #}
{% macro documents_that_count() -%}
    folder = 'returns' and source = 'return-document' and state = 'loaded'
{%- endmacro %}

{# The case of such a document; without blanks, as `touched` takes it. #}
{% macro case_of_document() -%}
    json_extract_string(name_values,'$.case_id')
{%- endmacro %}

{# Cases of which the ledger knows other decisions or documents than their history. #}
{% macro return_cases_of_the_ledger(since) %}
select case_id
from (
    select 'decision' as origin, decision_id as entry_id, case_id, true as is_known
    from ({{ return_decisions() }}) as decision
    where {{ has_come() }}
    union all
    select 'drop', cast(sequence as varchar), {{ case_of_document() }}, true
    from {{ source('ledger', 'drops') }}
    where {{ documents_that_count() }}
) as known
full join (
    select origin, entry_id, case_id, true as is_told from {{ this }} where origin in ('decision', 'drop')
) as told using (origin, entry_id, case_id)
where known.is_known is null or told.is_told is null
{% endmacro %}

{# Rows (priority, its rank, hours to the first response, hours to the resolution). #}
{% macro return_sla() -%}
    {%- set rows = [] -%}
    {%- for priority in constant('return_priorities') -%}
        {%- set hours = constant('return_sla_hours')[priority] -%}
        {%- do rows.append("('" ~ priority ~ "', " ~ loop.index ~ ", " ~ hours[0] ~ ", " ~ hours[1] ~ ")") -%}
    {%- endfor -%}
    {{ rows | join(', ') }}
{%- endmacro %}

{# Cases whose risk was told since their trail was built. #}
{% macro return_cases_scored_since(since) %}
select case_id
from (select case_id, count(*) as times from {{ source('lake', 'escalation_scores') }} group by case_id) as now
left join (
    select case_id, count(*) as times from {{ this }} where origin = 'score' group by case_id
) as told using (case_id)
where now.times is distinct from told.times
{% endmacro %}

{# case_id, photo_disagrees: of the refund photos that came before the outcome of their case, whether one shows another
   item than the case declares. #}
{% macro return_photos(cases) -%}
    select photo.case_id, bool_or(photo.is_mismatch) as photo_disagrees
    from {{ ref('refund_items') }} as photo
    inner join {{ cases }} as its_case on photo.case_id = its_case.case_id
    where photo.admitted_at < coalesce(least(its_case.escalated_at, its_case.resolved_at), 'infinity')
    group by photo.case_id
{%- endmacro %}

{# Cases of whose photos something else is known than when they were built. #}
{% macro return_cases_with_other_photos(since) %}
select told.case_id
from {{ this }} as told
left join ({{ return_photos(this) }}) as photos on told.case_id = photos.case_id
where told.photo_disagrees is distinct from photos.photo_disagrees
{% endmacro %}

{# A moment as text that says its zone. #}
{% macro iso_instant(moment) -%}
    strftime(timezone('UTC', {{ moment }}), '%Y-%m-%dT%H:%M:%S.%fZ')
{%- endmacro %}
