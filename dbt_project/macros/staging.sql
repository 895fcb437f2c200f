{# The rows of a feed's loaded files, one query for every feed: the contract's columns, defaults that belong to
   the drop, the business date in the retailer's zone, and where the row came from. Which of these rows are
   current is decided by the materialization `feed`. #}
{% macro staging(feed) %}
{%- set rows = source('feeds', feed) -%}
{%- set loads = source('ledger', 'loads') -%}
{%- if execute -%}
{%- set contract = feed_source(feed) -%}
select
    {%- for column in contract.columns.values() if not column.name.startswith('_') %}
    {%- if column.name in contract.meta.admission_day_columns %}
    coalesce(line."{{ column.name }}", load."partition") as "{{ column.name }}",
    {%- else %}
    line."{{ column.name }}",
    {%- endif %}
    {%- endfor %}
    {%- if contract.meta.business_date %}
    {{ contract.meta.business_date | replace('<time_zone>', setting('time_zone')) }} as business_date,
    {%- endif %}
    load.sequence as _sequence,
    load.position as _position,
    line._record,
    load."partition" as _admitted_on,
    line._content_key,
    line._source,
    line._document,
    line._version
from {{ rows }} as line
inner join {{ loads }} as load
    on load.content_key = line._content_key and load.feed = '{{ feed }}'
{%- else -%}
select * from {{ rows }}, {{ loads }}
{%- endif -%}
{% endmacro %}

{# What the contract says about a feed, from the generated sources. #}
{% macro feed_source(feed) %}
    {{ return(graph.sources.values() | selectattr('source_name', 'equalto', 'feeds')
        | selectattr('name', 'equalto', feed) | first) }}
{% endmacro %}

{# Every row of every loaded file of a feed, current or not: the history of master data. #}
{% macro loaded_rows(feed) -%}
    {{ api.Relation.create(database=target.database, schema='loaded', identifier=feed) }}
{%- endmacro %}
