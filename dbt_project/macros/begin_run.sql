{# What stands before every invocation, in one transaction:

   state.*    what this warehouse remembers between runs
   ledger.*   a snapshot of the ledger: all models of a run see the same drops, whatever is admitted meanwhile
   feeds.*    views over the lake's files; whoever reads one names the files first (see feed_files)
   lake.*     views over the tables that flows keep in the lake, as the snapshot of the build has them

   The schemas state, ledger, feeds, lake and loaded hold no dbt models: nothing of them is published. #}
{% macro begin_run() %}
{%- if execute -%}
{%- set as_of = env_var('RETAIL_AS_OF') -%}
{%- if not as_of -%}
    {{ exceptions.raise_compiler_error('No night has run yet, so there is no as-of day: run `make nightly`.') }}
{%- endif -%}
begin;

create schema if not exists state;
create schema if not exists ledger;
create schema if not exists feeds;
create schema if not exists lake;
create schema if not exists loaded;

-- One row. `run` numbers dbt's invocations; changes are logged under it.
create table if not exists state.run (run bigint, as_of date);
alter table state.run add column if not exists now timestamptz;
insert into state.run select 0, null, null where not exists (from state.run);
update state.run
set
    run = run + 1,
    as_of = greatest(as_of, date {{ sql_string(as_of) }}),
    now = {{ sql_string(env_var('RETAIL_NOW')) }}::timestamptz;

-- What each model has taken in, written in the transaction that writes the model.
create table if not exists state.models (model varchar, fingerprint varchar, run bigint, as_of date);
create table if not exists state.applied (model varchar, sequence bigint, content_key varchar);

-- What changed in a model, for the models that follow it; without a unit: everything.
create table if not exists state.changes (model varchar, run bigint, unit varchar, value varchar);
-- Rows that do not count, for another reason than a later row of their source; see the materialization `feed`.
create table if not exists state.row_effects (
    model varchar, key varchar, effect varchar, sequence bigint, record bigint, by_sequence bigint, document varchar,
    brought bigint
);
alter table state.row_effects add column if not exists had bigint;
create table if not exists state.tested (model varchar, run bigint);
alter table state.tested add column if not exists test varchar;
-- A change stays until every model that follows its model has taken it in, and each of the model's tests has seen it.
delete from state.models where model not in ({{ names_of_models() }});
delete from state.row_effects where model not in ({{ names_of_models() }});
create or replace temp table seen_by_all as
with seen as (
    select follows.model, taken_in.run
    from (values {{ who_follows() }}) as follows (model, follower)
    inner join state.models as taken_in on follows.follower = taken_in.model
    union all
    select long.model, coalesce(tested.run, 0) as run
    from (values {{ tests_of_long_models() }}) as long (model, test)
    left join state.tested as tested on long.test = tested.test
)
select model, min(run) as run from seen group by model;
delete from state.changes where model not in (select model from seen_by_all);
delete from state.changes as change using seen_by_all
where change.model = seen_by_all.model and change.run <= seen_by_all.run;

{% for source in graph.sources.values() if source.source_name == 'ledger' %}
create or replace table ledger.{{ source.name }} as
select {{ typed_columns(source) }}
from read_parquet({{ sql_string(lake_path('snapshot/ledger/' ~ source.name ~ '.parquet')) }}, hive_partitioning = false);
{% endfor %}

{% for source in graph.sources.values() if source.source_name == 'feeds' %}
create or replace view feeds.{{ source.name }} as
select {{ typed_columns(source) }}
from read_parquet(
    coalesce(getvariable('files'), [{{ sql_string(lake_path(source.meta.folder ~ '/empty.parquet')) }}]),
    hive_partitioning = false, union_by_name = true
);
{% endfor %}

{% for source in graph.sources.values() if source.source_name == 'lake' %}
create or replace view lake.{{ source.name }} as
select {{ typed_columns(source) }}
from read_parquet(
    {{ sql_string(lake_pattern('snapshot/tables/' ~ source.name ~ '/*.parquet')) }},
    hive_partitioning = false, union_by_name = true
);
{% endfor %}

-- Documents and store-days by content, which never change; which drops hold a content is the ledger's to say.
create table if not exists state.documents (content_key varchar, source varchar, document varchar, version bigint);
-- How many of its records came in, were rejected, and the share that replaces an older one; null of what is older than these.
alter table state.documents add column if not exists kind varchar;
alter table state.documents add column if not exists records bigint;
alter table state.documents add column if not exists rejected bigint;
alter table state.documents add column if not exists at_least double;
create table if not exists state.documents_read (content_key varchar);
create or replace temp table unread as
select distinct content_key from ledger.drops
where state = 'loaded' and content_key not in (select content_key from state.documents_read);
{{ feed_files('documents', 'select content_key from unread') }}
insert into state.documents by name
select
    _content_key as content_key, _source as source, _document as document, _version as version,
    kind, records, rejected, at_least
from feeds.documents;
insert into state.documents_read select content_key from unread;

create or replace table ledger.loaded_drops as
select
    sequence, position, content_key, source, "partition",
    content_key in (select content_key from state.documents) as has_documents
from ledger.drops
where state = 'loaded';

commit;
{%- endif -%}
{% endmacro %}

{% macro names_of_models() -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {{ "'" ~ node.name ~ "', " }}
    {%- endfor -%}
    ''
{%- endmacro %}

{# Long models with each test that looks at what changed in them; see get_where_subquery. #}
{% macro tests_of_long_models() -%}
    {%- set pairs = [] -%}
    {%- for test in graph.nodes.values() if test.resource_type == 'test' and looks_at_changes(test) -%}
        {%- do pairs.append("('" ~ graph.nodes[test.attached_node].name ~ "', '" ~ test.unique_id ~ "')") -%}
    {%- endfor -%}
    {{ pairs | join(', ') }}
{%- endmacro %}

{# Which model is followed by which; see by_change. #}
{% macro who_follows() -%}
    {%- set pairs = [] -%}
    {%- for node in graph.nodes.values() if node.config.materialized == 'by_change' -%}
        {%- for followed in node.config.follows + node.config.get('also', {}).get('from', []) -%}
            {%- do pairs.append("('" ~ followed ~ "', '" ~ node.name ~ "')") -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ pairs | join(', ') }}
{%- endmacro %}

{% macro sql_string(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}

{% macro lake_path(path) -%}
    {{ env_var('RETAIL_DATA_DIR') }}/lake/{{ path }}
{%- endmacro %}

{# The platform's own path is no pattern, whatever is in it. #}
{% macro lake_pattern(path) -%}
    {{ env_var('RETAIL_DATA_DIR') | replace('[', '[[]') | replace('*', '[*]') }}/lake/{{ path }}
{%- endmacro %}

{% macro typed_columns(source) -%}
    {%- for column in source.columns.values() %}
    cast("{{ column.name }}" as {{ column.data_type }}) as "{{ column.name }}"{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Point feeds.<name> at the files of some contents, for this connection: only what changed is ever opened.
   The empty file goes along: it carries today's columns, whatever contract older files were written under.
   A content without rejects, flags or documents has no such file; a row file that is missing is an error. #}
{% macro feed_files(name, content_keys) -%}
    {%- set folder = feed_source(name).meta.folder -%}
    {%- set empty = sql_string(lake_path(folder ~ '/empty.parquet')) -%}
set variable files = (
    {%- if folder.startswith('rows/') %}
    select [{{ empty }}] || coalesce(list(distinct {{ sql_string(lake_path(folder ~ '/')) }} || content_key || '.parquet'), [])
    from ledger.loads
    where feed = '{{ name }}' and content_key in ({{ content_keys }})
    {%- else %}
    select [{{ empty }}] || coalesce(list(file), [])
    from glob({{ sql_string(lake_pattern(folder ~ '/*.parquet')) }}) as present (file)
    where parse_filename(file, true) in ({{ content_keys }})
    {%- endif %}
);
{%- endmacro %}
