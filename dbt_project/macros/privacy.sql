{# Whether a text may be an id or a code: no blanks, no letters but these. A word may be the id of somebody who acts (web,
   ann) or a reason; where ids have numbers, of customers and orders, a word is rather a name. #}
{% macro looks_like_id(text, may_be_word=true) -%}
    regexp_full_match({{ text }}, '[A-Za-z0-9_.:#/-]{1,64}')
    {%- if not may_be_word %} and regexp_matches({{ text }}, '[0-9]'){% endif %}
{%- endmacro %}

{# Ids of persons are published, names and addresses are not: what does not look like an id becomes one. The key is the
   platform's own: of a bare hash an address or a telephone number is soon guessed. #}
{% macro pseudonym(person, may_be_word=true) -%}
    case
        when {{ looks_like_id(person, may_be_word) }} then {{ person }}
        else 'person-' || left(md5({{ sql_string(setting('pseudonym_key')) }} || {{ person }}), 12)
    end
{%- endmacro %}

{# Reasons are published as codes; anything else is somebody's free text. #}
{% macro code_only(reason, may_be_word=true) -%}
    case
        when {{ looks_like_id(reason, may_be_word) }} then {{ reason }}
        when {{ reason }} is not null then 'free_text'
    end
{%- endmacro %}

{# What is quoted from a file, for readers who may not see persons: nothing unless the drop may be quoted (int_drops). #}
{% macro quoted(text, drops='drops') -%}
    case when {{ drops }}.may_be_quoted or {{ text }} is null then {{ text }} else '***' end
{%- endmacro %}

{# Of feeds with personal columns their names, or another thing that their contract says; as a list for SQL. #}
{% macro of_personal_feeds(said='name') -%}
    {%- set found = [] -%}
    {%- for feed in (graph.sources.values() if execute else []) if feed.source_name == 'feeds' and feed.meta.personal -%}
        {%- do found.append(sql_string(feed.name if said == 'name' else feed.meta[said])) -%}
    {%- endfor -%}
    ({{ found | sort | join(', ') or "''" }})
{%- endmacro %}
