{# A number that rows with other values in some columns do not share; `columns` are their types. The same as `hash_of` in
   retail_assets/sql.py, which says why it is not DuckDB's hash alone. #}
{% macro hash_of(columns) -%}
    hash(
    {%- for column, type in columns.items() -%}
        {%- if type | lower == 'varchar' -%}
            case when strlen({{ column }}) < 16 then {{ column }} else md5({{ column }}) end
        {%- elif '[' in type or type.lower().startswith(('struct', 'map', 'union', 'json')) -%}
            md5(cast({{ column }} as varchar))
        {%- else -%}
            {{ column }}
        {%- endif -%}
        {{ ', ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}
