{# A file name as names are compared: without case, and the same however its accents are encoded. #}
{% macro file_key(name) -%}
    nfc_normalize(lower({{ name }}))
{%- endmacro %}
