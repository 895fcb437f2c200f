{# Ids of persons are published, names and addresses are not: what does not look like an id becomes one. #}
{% macro pseudonym(actor) -%}
    case
        when regexp_full_match({{ actor }}, '[A-Za-z0-9_.:#/-]+') then {{ actor }}
        else 'person-' || left(md5({{ actor }}), 12)
    end
{%- endmacro %}

{# Reasons are published as codes; anything else is somebody's free text. #}
{% macro code_only(reason) -%}
    case
        when regexp_full_match({{ reason }}, '[A-Za-z0-9_.:#/-]{1,64}') then {{ reason }}
        when {{ reason }} is not null then 'free_text'
    end
{%- endmacro %}
