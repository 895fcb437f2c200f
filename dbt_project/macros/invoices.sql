{# A value of an invoice: as a person corrected it who confirmed it, else as it was read. #}
{% macro as_corrected(name, type) -%}
    case
        when decided.state_after = {{ sql_string(constant('invoice_states').confirmed) }}
            and json_exists(decided.payload, '$.corrected.{{ name }}')
            then cast(json_extract_string(decided.payload, '$.corrected.{{ name }}') as {{ type }})
        else read."{{ name }}"
    end as "{{ name }}"
{%- endmacro %}

{# Of findings the names of the checks of one severity, each once. #}
{% macro checks_of(findings, severity) -%}
    list_sort(list_distinct([one."check" for one in {{ findings }} if one.severity = {{ sql_string(severity) }}]))
{%- endmacro %}

{# How many findings are of one severity. #}
{% macro findings_of(findings, severity) -%}
    len([one for one in {{ findings }} if one.severity = {{ sql_string(severity) }}])
{%- endmacro %}
