{# A setting of the platform as text. dbt_command.py hands settings over in the environment, because a value
   that changes every night would make dbt parse the whole project anew if it came as a var. #}
{% macro setting(name) -%}
    {%- if execute -%}{{ env_var('RETAIL_' ~ name | upper) }}{%- endif -%}
{%- endmacro %}

{# The newest night that ever ran: marts hold rows up to this day and never go back. #}
{% macro as_of() -%}
    (select run.as_of from state.run as run)
{%- endmacro %}

{# One of a setting's several numbers. #}
{% macro cut(name, position) -%}
    {%- if execute -%}{{ env_var('RETAIL_' ~ name | upper).split(',')[position] }}{%- endif -%}
{%- endmacro %}
