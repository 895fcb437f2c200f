{# Materialization of long models: a table that is rebuilt by the units that changed.

   Config:
     unit      the column it is rebuilt by: business_date for most, order_id where a row is about an order
     follows   the models (staging, or built by_change themselves) whose logged changes of that unit count
     also      a macro with a query of further units, for changes that come a longer way: {macro: …, from: [models]}
     touches   further columns whose values are logged for the models that follow this one
     waits     true when the followed models hold rows dated after as_of, which this one must not show yet

   The model's SQL takes the units that changed with `where {{ touched('line.business_date') }}`, and rows up to
   as_of with `{{ has_come() }}`: later rows wait, and their units count when as_of moves on.

   What was taken in (state.models) is written in the transaction that writes the table, so a run that is killed
   anywhere loses nothing. Units whose rows come out equal are neither written nor passed on. #}
{% materialization by_change, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set table = this.incorporate(type='table') -%}
    {%- set fingerprint = local_md5(sql) -%}
    {%- set known = run_query("select fingerprint, run, as_of from state.models where model = '" ~ model.name ~ "'").rows -%}
    {%- set whole = should_full_refresh() or existing is none or not existing.is_table or not known
        or known[0][0] != fingerprint or everything_changed(known[0][1]) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') %}
        {%- if whole -%}
            {{ build_by_change(existing, table, sql) }}
        {%- else -%}
            {{ change_by_change(table, sql, known[0][1], known[0][2]) }}
        {%- endif -%}
        {{ remember_model(fingerprint, follows=true) }}
    {% endcall %}
    {%- do persist_docs(table, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}


{# The filter on changed units, of a column or an expression without blanks: a whole build, which wants them all, finds
   the condition by its text and puts `true` in its place. #}
{% macro touched(column) -%}
    {{ column }} in (select touched_units.unit from touched_units)
{%- endmacro %}


{% macro build_by_change(existing, table, sql) %}
{%- if existing is not none and not existing.is_table %}
drop {{ existing.type }} {{ existing }};
{%- endif %}
create or replace table {{ table }} as
{{ modules.re.sub('\\S+ in \\(select touched_units.unit from touched_units\\)', 'true', sql) }};

insert into state.changes select '{{ model.name }}', run, null, null from state.run;
{% endmacro %}


{% macro change_by_change(table, sql, taken_in, stood_at) %}
{%- set unit = config.require('unit') -%}
{%- set types = {} -%}
{%- for column in adapter.get_columns_in_relation(table) -%}
    {%- do types.update({column.quoted: column.dtype}) -%}
{%- endfor -%}
{%- set columns = types | join(', ') -%}
create or replace temp table touched_units (unit) as
{{ logged_changes(config.require('follows'), unit, taken_in) }}
{%- if config.get('waits') -%}
{%- for followed in config.require('follows') %}
union
select {{ unit }} from {{ ref(followed) }}
where business_date > date '{{ stood_at }}' and {{ has_come() }}
{%- endfor -%}
{%- endif -%}
{%- if config.get('also') %}
union
{{ context[config.get('also').macro](taken_in) }}
{%- endif %};

create or replace temp table fresh as
{{ sql }};

create or replace temp table changed_units as
with was as (
    select {{ unit }}, sum({{ hash_of(types) }}) as digest
    from {{ table }} where {{ touched(unit) }} group by {{ unit }}
),
now as (
    select {{ unit }}, sum({{ hash_of(types) }}) as digest
    from fresh group by {{ unit }}
)
select {{ unit }} from was full join now using ({{ unit }})
where was.digest is distinct from now.digest;

insert into state.changes
select '{{ model.name }}', (select run from state.run), '{{ unit }}', cast({{ unit }} as varchar) from changed_units;
{% for column in config.get('touches', []) %}
insert into state.changes
with rows_of_changed_units as (
    select {{ column }} from {{ table }} where {{ unit }} in (from changed_units)
    union
    select {{ column }} from fresh where {{ unit }} in (from changed_units)
)
select '{{ model.name }}', (select run from state.run), '{{ column }}', cast({{ column }} as varchar)
from rows_of_changed_units
where {{ column }} is not null;
{% endfor %}

delete from {{ table }} where {{ unit }} in (from changed_units);
insert into {{ table }} ({{ columns }})
select {{ columns }} from fresh where {{ unit }} in (from changed_units);
{% endmacro %}


{# Values of a unit that models logged since a run. #}
{% macro logged_changes(models, unit, since) -%}
select distinct cast(value as {{ 'date' if unit in ('business_date', 'origin') else 'varchar' }}) as {{ unit }}
from state.changes
where model in ('{{ models | join("', '") }}') and unit = '{{ unit }}' and run > {{ since }}
{%- endmacro %}


{# True when a followed model was built whole since a run. #}
{% macro everything_changed(since) %}
    {%- set models = config.require('follows') + config.get('also', {}).get('from', []) -%}
    {%- set query -%}
        select count(*) from state.changes
        where model in ('{{ models | join("', '") }}') and unit is null and run > {{ since }}
    {%- endset -%}
    {{ return(run_query(query).rows[0][0] > 0) }}
{% endmacro %}
