{# What an event of a return case brought: its payload is the value itself, or JSON that holds it. #}
{% macro return_event_value() -%}
    case
        when try_cast(payload as json) is not null and json_type(payload) = 'OBJECT' then coalesce(
            payload ->> 'status', payload ->> 'priority', payload ->> 'assigned_to', payload ->> 'kind'
        )
        else trim(payload)
    end
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

{# Cases about which somebody has decided since the history was built: decisions come into the log one after the other. #}
{% macro return_cases_decided_since(since) %}
select decision.subject as case_id
from {{ source('ledger', 'decisions') }} as decision
where
    kind = 'change_case' and accepted
    and decision_id not in (select entry_id from {{ this }} where origin = 'decision')
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
