{# A setting of the platform as text. dbt_command.py hands settings over in the environment, because a value
   that changes every night would make dbt parse the whole project anew if it came as a var. #}
{% macro setting(name) -%}
    {%- if execute -%}{{ env_var('RETAIL_' ~ name | upper) }}{%- endif -%}
{%- endmacro %}

{# The newest night that ever ran: marts hold rows up to this day and never go back. #}
{% macro as_of() -%}
    (select run.as_of from state.run as run)
{%- endmacro %}

{# Of a feed's rows those up to the night; later ones wait. A model that asks no more of the day than this is built
   again when rows came or their day has come, where one that reads as_of() is built every night. #}
{% macro has_come() -%}
    business_date <= {{ as_of() }}
{%- endmacro %}

{# The one moment that the run takes for now: its start, or 02:00 of a night that is run again later. #}
{% macro now() -%}
    (select run.now from state.run as run)
{%- endmacro %}

{# One of a setting's several numbers. #}
{% macro cut(name, position) -%}
    {%- if execute -%}{{ env_var('RETAIL_' ~ name | upper).split(',')[position] }}{%- endif -%}
{%- endmacro %}

{# Texts as a list for SQL. #}
{% macro sql_list(texts) -%}
    ({% for text in texts %}{{ sql_string(text) }}{{ ", " if not loop.last }}{% endfor %})
{%- endmacro %}
