{# Materialization of staging: a view of the current rows over a table of all rows that loaded files hold.

   Row files never change, and the ledger says which are loaded. So the table only ever takes in what a changed
   set of loads adds, gives up what it removes, and decides anew which row counts for the keys concerned:
   per key and source the row with the highest version, then place in the order, then record, leaving out rows whose
   document or store-day is held by another load of the source (see document_history); of several sources, whose
   versions say nothing of each other, the row that came last.

   Which rows do not count for another reason than a later row of their own source is kept in state.row_effects.

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
    {#- With their types, which what tells rows apart asks for. -#}
    {%- set columns = {} -%}
    {%- for column in contract.columns.values() if not column.name.startswith('_') -%}
        {%- do columns.update({adapter.quote(column.name): column.data_type}) -%}
    {%- endfor -%}
    {%- if contract.meta.business_time -%}{%- do columns.update({'business_date': 'date'}) -%}{%- endif -%}
    {%- set key = contract.meta.key | map('tojson') | list if contract.meta.key else [] -%}
    {#- Raise the number when the rows that this macro writes change: every feed is then built anew. -#}
    {%- set fingerprint = local_md5('6' ~ sql ~ key ~ setting('day_at_least')) -%}
    {%- set whole = should_full_refresh() or existing is none or known_fingerprint() != fingerprint -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if whole -%}
        {%- set script = build_feed(feed, key, columns, view, fingerprint, subject_of_row(contract)) -%}
    {%- else -%}
        {%- do run_query(changed_drops(feed, key)) -%}
        {%- if run_query('select count(*) from changed_drops').rows[0][0] -%}
            {%- set touches = config.get('touches', ['business_date'] if contract.meta.business_time else []) -%}
            {%- set script = change_feed(feed, key, columns, touches, subject_of_row(contract)) -%}
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


{% macro build_feed(feed, key, columns, view, fingerprint, subject) %}
{%- set keys = key | join(', ') -%}
delete from state.applied where model = '{{ model.name }}';
{{ changed_drops(feed, key) }};
{{ feed_files(feed, 'select content_key from changed_drops') }}

create or replace table {{ loaded_rows(feed) }} as
select *, true as _is_current
from ({{ sql }});
reset variable files;

create or replace view {{ view }} as
select {{ columns | join(', ') }}, _source, _sequence, _record, _admitted_on
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

delete from state.row_effects where model = '{{ model.name }}';
{{ choose_current_rows(feed, key, columns, subject) }}
{%- endif %}

insert into state.applied select '{{ model.name }}', sequence, content_key from changed_drops where is_added;
insert into state.changes select '{{ model.name }}', run, null, null from state.run;
{{ remember_model(fingerprint) }}
{% endmacro %}


{% macro change_feed(feed, key, columns, touches, subject) %}
{%- set keys = key | join(', ') -%}
{{ feed_files(feed, 'select content_key from changed_drops where is_added') }}

create or replace temp table incoming as
select *, {{ 'false' if key else 'true' }} as _is_current
from ({{ sql }})
where (_sequence, _content_key) in (select (sequence, content_key) from changed_drops where is_added);
reset variable files;

create or replace temp table outgoing as
select *, {{ hash_of(dict(columns, _source='varchar')) }} as row_hash
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
{{ choose_current_rows(feed, key, columns, subject) }}

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


{# Set _is_current for the rows of affected_keys; leaves their before and after in `candidates`, and what became of those
   that do not count in state.row_effects. #}
{% macro choose_current_rows(feed, key, columns, subject) %}
create or replace temp table candidates as
with concerned as (
    select
        line.rowid as row_number, {{ prefixed('line', columns) }}, line._sequence, line._position, line._record,
        line._source,
        line._document, coalesce(line._version, {{ lowest_version() }}) as _version, line._is_current as was_current
    from {{ loaded_rows(feed) }} as line
    semi join affected_keys as affected
        on {% for column in key %}line.{{ column }} = affected.{{ column }}{{ " and " if not loop.last }}{% endfor %}
),
history as (
    {{ document_history('(select _source, _document from concerned)') }}
),
standing as (
    select concerned.*
    from concerned
    left join history
        on concerned._source = history.source and concerned._document = history.document
        and concerned._sequence = history.sequence
    where coalesce(history.standing = history.sequence and history.taken_by is null, true)
),
-- A version orders the rows of one source.
of_sources as (
    select
        {{ key | join(', ') }},
        arg_max(
            {'row_number': row_number, 'place': {{ place_of_row() }}}, (_version, {{ place_of_row() }})
        ) as last
    from standing
    group by {{ key | join(', ') }}, _source
),
winners as (
    select arg_max(last.row_number, last.place) as row_number from of_sources group by {{ key | join(', ') }}
)
select
    *, {{ hash_of(dict(columns, _source='varchar')) }} as row_hash,
    row_number in (select winners.row_number from winners) as is_current
from concerned;

update {{ loaded_rows(feed) }} as line
set _is_current = candidates.is_current
from candidates
where line.rowid = candidates.row_number and candidates.is_current != candidates.was_current;

delete from state.row_effects
where model = '{{ model.name }}' and key in (select {{ key_as_text(key) }} from affected_keys);
insert into state.row_effects {{ row_effects(feed, key, subject) }};
{% endmacro %}

{# Of the candidates that do not count: whose row came in the place of theirs, as things stood when it came. Nothing is said
   of a row that a later one of its own source replaced: that is what later files are for, unless the later one is about
   something else: a return in the place of a sale or, unless its whole document is replaced, another product or store. #}
{% macro row_effects(feed, key, subject) %}
with contested as (
    select {{ key | join(', ') }}, row_number, is_current, _source, _document, _version, _sequence, _record,
        {{ place_of_row() }} as place, {{ subject }} as subject
    from candidates
    where ({{ key | join(', ') }}) in (select ({{ key | join(', ') }}) from candidates where not is_current)
),
history as (
    {{ document_history('(select _source, _document from contested)') }}
),
held as (
    select
        contested.*, coalesce(history.standing = history.sequence, true) as took_over, history.stood_before, history.taken_by,
        arg_max(contested._sequence, (contested._version, contested.place)) filter (took_over) over earlier
            as highest_before,
        max(contested._version) filter (took_over) over earlier as version_before
    from contested
    left join history
        on contested._source = history.source and contested._document = history.document
        and contested._sequence = history.sequence
    window earlier as (
        partition by {{ prefixed('contested', key) }}, contested._source order by contested.place
        rows between unbounded preceding and 1 preceding
    )
),
followed as (
    select
        *,
        took_over and _version >= coalesce(version_before, _version) as came_to_count,
        first_value(case when came_to_count then {'source': _source, 'sequence': _sequence, 'place': place, 'subject': subject} end ignore nulls)
            over (
                partition by {{ key | join(', ') }} order by place
                rows between 1 following and unbounded following
            ) as next
    from held
),
told as (
    select
        {{ key_as_text(key) }} as key, _source, _document, _sequence, _record,
        case
            when not came_to_count then 'without_effect'
            when taken_by is not null and (next is null or (taken_by.position, taken_by.sequence) < (next.place.position, next.place.sequence))
                then 'removed'
            when next.source != _source then 'replaced_by_other_source'
            when next.subject.sign * subject.sign < 0 or (taken_by is null and next.subject.about != subject.about)
                then 'key_reused'
        end as effect,
        case
            when not took_over then stood_before
            when not came_to_count then highest_before
            when effect = 'removed' then taken_by.sequence
            else next.sequence
        end as by_sequence
    from followed
    where not is_current
),
-- What the later file brings of a document that lost rows by it.
brought as (
    select _source, _document, _sequence, count(*) as row_count
    from {{ loaded_rows(feed) }}
    where (_source, _document, _sequence) in (select (_source, _document, by_sequence) from told where effect = 'removed')
    group by all
),
had as (
    select _source, _document, _sequence, count(*) as row_count
    from {{ loaded_rows(feed) }}
    where (_source, _document, _sequence) in (select (_source, _document, _sequence) from told where effect = 'removed')
    group by all
)
select
    '{{ model.name }}', told.key, told.effect, told._sequence, told._record, told.by_sequence, told._document,
    case when effect = 'removed' then coalesce(brought.row_count, 0) end, case when effect = 'removed' then had.row_count end
from told
left join brought
    on told._source = brought._source and told._document = brought._document and told.by_sequence = brought._sequence
left join had on told._source = had._source and told._document = had._document and told._sequence = had._sequence
where told.effect is not null
{% endmacro %}

{# Of some documents every load that holds them, in the order in which they came: whether it took the document over then,
   which load stood before it, and which took it over from this one (its position and sequence).

   A load takes over unless its version is lower than that of the load that stands, or unless it brings less than a
   share of the records of that load, or of its own, the others being rejected: `at_least`, by default of days only. #}
{% macro document_history(some) -%}
{%- set by_default = "case when documents.kind = 'day' then " ~ setting('day_at_least') ~ " else 0 end" -%}
    select
        source, document, held.sequence, held, standing, stood_before, records_before,
        first_value(case when standing = held.sequence then held end ignore nulls)
            over (
                partition by source, document order by held.position, held.sequence
                rows between 1 following and unbounded following
            ) as taken_by
    from (
        select
            source, document,
            unnest(loads) as held,
            unnest(trail.standing) as standing,
            unnest([null::bigint] || trail.standing[:-2]) as stood_before,
            unnest([null::bigint] || trail.records[:-2]) as records_before
        from (
            select
                source, document, loads,
                list_reduce(
                    loads,
                    lambda so_far, load: case
                        when so_far.standing = [] or (
                            load.version >= so_far.version
                            and coalesce(load.records >= load.at_least * greatest(so_far.records[-1], load.came), true)
                        ) then {
                            'standing': list_append(so_far.standing, load.sequence),
                            'records': list_append(so_far.records, load.records),
                            'version': load.version
                        }
                        else {
                            'standing': list_append(so_far.standing, so_far.standing[-1]),
                            'records': list_append(so_far.records, so_far.records[-1]),
                            'version': so_far.version
                        }
                    end,
                    {'standing': []::bigint[], 'records': []::bigint[], 'version': null::bigint}
                ) as trail
            from (
                select source, document, list(held order by held.position, held.sequence) as loads
                from (
                    select
                        documents.source, documents.document,
                        {
                            'position': drops.position,
                            'sequence': drops.sequence,
                            'kind': max(documents.kind),
                            'version': max(coalesce(documents.version, {{ lowest_version() }})),
                            'records': sum(documents.records)::bigint,
                            'came': sum(documents.records + documents.rejected)::bigint,
                            'at_least': max(coalesce(documents.at_least, {{ by_default }}))::double
                        } as held
                    from state.documents as documents
                    inner join ledger.loaded_drops as drops using (content_key)
                    where (documents.source, documents.document) in {{ some }}
                    group by documents.source, documents.document, drops.position, drops.sequence
                )
                group by source, document
            )
        )
    )
{%- endmacro %}

{# What a row is about: of which things, and whether they go or come back. #}
{% macro subject_of_row(contract) -%}
    {%- set about, signed = {}, contract.meta.signed -%}
    {%- for column in contract.meta.subject or [] -%}
        {%- do about.update({column: contract.columns[column].data_type}) -%}
    {%- endfor -%}
    {'about': {{ hash_of(about) if about else 0 }}, 'sign': {{ 'sign(' ~ signed ~ ')' if signed else 0 }}}
{%- endmacro %}

{# Where a row stands in the order of all. #}
{% macro place_of_row() -%} {'position': _position, 'sequence': _sequence, 'record': _record, 'row_number': row_number} {%- endmacro %}

{# A key as text that tells it from all others of its feed. #}
{% macro key_as_text(key) -%}
    to_json([{% for column in key %}cast({{ column }} as varchar){{ ", " if not loop.last }}{% endfor %}])::varchar
{%- endmacro %}

{% macro prefixed(alias, columns) -%}
    {% for column in columns %}{{ alias }}.{{ column }}{{ ", " if not loop.last }}{% endfor %}
{%- endmacro %}

{% macro lowest_version() -%} -9223372036854775808 {%- endmacro %}
