{# Materialization of staging: a view of the current rows over a table of all rows that loaded files hold.

   Row files never change, and the ledger says which are loaded. So the table only ever takes in what a changed
   set of loads adds, gives up what it removes, and decides anew which row counts for the keys concerned:
   per key the row with the highest version, then place in the order, then record, leaving out rows whose document or
   store-day is held by a later load of the same source.

   The set of loads that was taken in (state.applied) and what changed (state.changes, for models that follow)
   are written in the same transaction. A run that is killed anywhere, or that leaves this model out, loses
   nothing: the next one sees the difference.

   A file without a key (rejects, flags) has no such choice: all rows of loaded drops count.

   Config `touches`: columns whose values are logged when a current row comes, goes or changes.
   Config `history`: log them for superseded rows too, where a follower reads those (see loaded_rows). #}
{% materialization feed, adapter='duckdb' %}
    {%- set feed = model.name.removeprefix('stg_') -%}
    {%- set contract = feed_source(feed) -%}
    {%- set view = this.incorporate(type='view') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set columns = [] -%}
    {%- for column in contract.columns if not column.startswith('_') -%}
        {%- do columns.append(adapter.quote(column)) -%}
    {%- endfor -%}
    {%- if contract.meta.business_time -%}{%- do columns.append('business_date') -%}{%- endif -%}
    {%- set key = contract.meta.key | map('tojson') | list if contract.meta.key else [] -%}
    {#- Raise the number when the rows that this macro writes change: every feed is then built anew. -#}
    {%- set fingerprint = local_md5('2' ~ sql ~ key) -%}
    {%- set whole = should_full_refresh() or existing is none or known_fingerprint() != fingerprint -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if whole -%}
        {%- set script = build_feed(feed, key, columns, view, fingerprint) -%}
    {%- else -%}
        {%- do run_query(changed_drops(feed, key)) -%}
        {%- if run_query('select count(*) from changed_drops').rows[0][0] -%}
            {%- set touches = config.get('touches', ['business_date'] if contract.meta.business_time else []) -%}
            {%- set script = change_feed(feed, key, columns, touches) -%}
        {%- else -%}
            {%- set script = "select 'no load came, went or changed'" -%}
        {%- endif -%}
    {%- endif -%}
    {% call statement('main') %}{{ script }}{% endcall %}
    {%- do persist_docs(view, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [view]}) }}
{% endmaterialization %}


{% macro build_feed(feed, key, columns, view, fingerprint) %}
{%- set keys = key | join(', ') -%}
delete from state.applied where model = '{{ model.name }}';
{{ changed_drops(feed, key) }};
{{ feed_files(feed, 'select content_key from changed_drops') }}

create or replace table {{ loaded_rows(feed) }} as
select *, true as _is_current
from ({{ sql }});
reset variable files;

create or replace view {{ view }} as
select {{ columns | join(', ') }}, _sequence, _record, _admitted_on
from {{ loaded_rows(feed) }}
where _is_current;

{%- if key %}
-- Few keys occur twice. Hashes find them without sorting all rows; two keys with one hash do no harm.
create or replace temp table affected_keys as
with repeated as (
    select hash({{ keys }}) as key_hash from {{ loaded_rows(feed) }} group by key_hash having count(*) > 1
),
contested as (
    select documents.source, documents.document
    from state.documents as documents
    inner join ledger.loaded_drops as drops using (content_key)
    group by all
    having count(*) > 1
)
select {{ keys }} from {{ loaded_rows(feed) }} where hash({{ keys }}) in (from repeated)
union
select {{ keys }} from {{ loaded_rows(feed) }} where (_source, _document) in (from contested);

{{ choose_current_rows(feed, key, columns) }}
{%- endif %}

insert into state.applied select '{{ model.name }}', sequence, content_key from changed_drops where is_added;
insert into state.changes select '{{ model.name }}', run, null, null from state.run;
{{ remember_model(fingerprint) }}
{% endmacro %}


{% macro change_feed(feed, key, columns, touches) %}
{%- set keys = key | join(', ') -%}
{{ feed_files(feed, 'select content_key from changed_drops where is_added') }}

create or replace temp table incoming as
select *, {{ 'false' if key else 'true' }} as _is_current
from ({{ sql }})
where (_sequence, _content_key) in (select (sequence, content_key) from changed_drops where is_added);
reset variable files;

create or replace temp table outgoing as
select *, hash({{ columns | join(', ') }}) as row_hash
from {{ loaded_rows(feed) }}
where (_sequence, _content_key) in (select (sequence, content_key) from changed_drops where not is_added);

{% if key %}
create or replace temp table affected_keys as
with affected_documents as (
    select source, document from state.documents
    where content_key in (select content_key from changed_drops)
)
select {{ keys }} from incoming
union
select {{ keys }} from outgoing
union
select {{ keys }} from {{ loaded_rows(feed) }} where (_source, _document) in (from affected_documents);
{% endif %}
delete from {{ loaded_rows(feed) }}
where (_sequence, _content_key) in (select (sequence, content_key) from changed_drops where not is_added);
insert into {{ loaded_rows(feed) }} from incoming;

{% if key %}
{{ choose_current_rows(feed, key, columns) }}

-- A key whose row is replaced by an equal one has not changed.
create or replace temp table touched_rows as
with was as (
    select {{ columns | join(', ') }}, row_hash from outgoing where _is_current
    union all
    select {{ columns | join(', ') }}, row_hash from candidates where was_current
),
now as (
    select {{ columns | join(', ') }}, row_hash from candidates where is_current
),
unchanged as (
    select {{ keys }}, row_hash from was
    intersect
    select {{ keys }}, row_hash from now
)
select * from (from was union all from now)
where ({{ keys }}, row_hash) not in (from unchanged);

{% for column in touches %}
insert into state.changes
select distinct '{{ model.name }}', (select run from state.run), '{{ column }}', cast({{ column }} as varchar)
from
{%- if config.get('history') %} (select {{ column }} from incoming union all select {{ column }} from outgoing)
{%- else %} touched_rows
{%- endif %}
where {{ column }} is not null;
{% endfor %}
{% endif %}

delete from state.applied
where model = '{{ model.name }}'
    and (sequence, content_key) in (select (sequence, content_key) from changed_drops where not is_added);
insert into state.applied select '{{ model.name }}', sequence, content_key from changed_drops where is_added;
{% endmacro %}


{# Drops whose rows or documents concern this feed and that came or went since the model last ran. #}
{% macro changed_drops(feed, key) %}
create or replace temp table changed_drops as
with wanted as (
    select sequence, content_key
    from ledger.loaded_drops
    {%- if key %}
    where sequence in (select sequence from ledger.loads where feed = '{{ feed }}')
        or (has_documents and source in (select source from ledger.loads where feed = '{{ feed }}'))
    {%- endif %}
),
applied as (
    select sequence, content_key from state.applied where model = '{{ model.name }}'
)
select *, true as is_added from (from wanted except from applied)
union all
select *, false as is_added from (from applied except from wanted)
{% endmacro %}


{# Set _is_current for the rows of affected_keys; leaves their before and after in `candidates`. #}
{% macro choose_current_rows(feed, key, columns) %}
create or replace temp table candidates as
with concerned as (
    select
        line.rowid as row_number, {{ prefixed('line', columns) }}, line._sequence, line._position, line._record,
        line._source,
        line._document, line._version, line._is_current as was_current
    from {{ loaded_rows(feed) }} as line
    semi join affected_keys as affected
        on {% for column in key %}line.{{ column }} = affected.{{ column }}{{ " and " if not loop.last }}{% endfor %}
),
-- The last load that holds a document owns it; no version counts as the lowest.
owners as (
    select
        documents.source, documents.document,
        arg_max(
            drops.sequence,
            (coalesce(documents.version, {{ lowest_version() }}), drops.position, drops.sequence)
        ) as sequence
    from state.documents as documents
    inner join ledger.loaded_drops as drops using (content_key)
    where (documents.source, documents.document) in (select (_source, _document) from concerned)
    group by documents.source, documents.document
),
winners as (
    select
        arg_max(
            concerned.row_number,
            (coalesce(_version, {{ lowest_version() }}), _position, _sequence, _record, concerned.row_number)
        ) as row_number
    from concerned
    left join owners on owners.source = concerned._source and owners.document = concerned._document
    where coalesce(owners.sequence = concerned._sequence, true)
    group by {{ prefixed('concerned', key) }}
)
select
    *, hash({{ columns | join(', ') }}) as row_hash,
    row_number in (select winners.row_number from winners) as is_current
from concerned;

update {{ loaded_rows(feed) }} as line
set _is_current = candidates.is_current
from candidates
where line.rowid = candidates.row_number and candidates.is_current != candidates.was_current;
{% endmacro %}

{% macro prefixed(alias, columns) -%}
    {% for column in columns %}{{ alias }}.{{ column }}{{ ", " if not loop.last }}{% endfor %}
{%- endmacro %}

{% macro lowest_version() -%} -9223372036854775808 {%- endmacro %}
