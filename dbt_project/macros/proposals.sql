{# What was last decided about each subject of some kinds of decisions, and when. #}
{% macro last_decided(kinds) -%}
    select subject, arg_max(state_after, entry) as state, arg_max("at", entry) as decided_at
    from {{ source('ledger', 'decisions') }}
    where kind in {{ sql_list(constant(kinds)) }} and accepted
    group by subject
{%- endmacro %}

{# The state of a proposed order: placed for good, or as it was decided. #}
{% macro state_of_order(decided, placed) -%}
    case
        when {{ placed }} is not null then {{ sql_string(constant('proposal').placed) }}
        else coalesce({{ decided }}, {{ sql_string(constant('proposal').proposed) }})
    end
{%- endmacro %}

{# The state of a proposed transfer: placed while its approval is the last word. #}
{% macro state_of_transfer(decided, placed) -%}
    case
        when {{ placed }} is not null and {{ decided }} = {{ sql_string(constant('proposal').approved) }}
            then {{ sql_string(constant('proposal').placed) }}
        else coalesce({{ decided }}, {{ sql_string(constant('proposal').proposed) }})
    end
{%- endmacro %}
