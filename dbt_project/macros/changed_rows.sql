{# What data tests look at. A model that is built by_change is tested where it changed since its tests last
   passed; with RETAIL_TEST_ALL_HISTORY (the weekly run), and for every other model, everything is tested.

   A grain that spans the units wants `where: by order_id` in the test's config: the column, one of the model's
   `touches`, by which rows belong together. #}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where') or '' -%}
    {%- set by = where.removeprefix('by ') if where.startswith('by ') else none -%}
    {%- set tested = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')
        | selectattr('name', 'equalto', relation.identifier) | first if execute else none -%}
    {#- A warning stands until its cause is gone, so a test that warns looks at everything each time. -#}
    {%- set warns = config.get('severity', 'error') | lower == 'warn' -%}
    {%- if tested and tested.config.materialized == 'by_change' and not warns and setting('test_all_history') != 'true' -%}
        {%- set unit = by or tested.config.unit -%}
        {%- set since = 'coalesce((select run from state.tested where model = ' ~ sql_string(tested.name) ~ '), 0)' -%}
        {%- set logged = 'from state.changes where model = ' ~ sql_string(tested.name) ~ ' and run > ' ~ since -%}
        {%- if not run_query('select 1 ' ~ logged ~ ' and unit is null limit 1').rows -%}
            {%- set changed = unit ~ ' in (' ~ logged_changes([tested.name], unit, since) ~ ')' -%}
        {%- endif -%}
    {%- endif -%}
    {%- set conditions = [where if not by else '', changed or ''] | select | join(' and ') -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ conditions ~ ') as tested' if conditions else relation) }}
{%- endmacro %}


{# After a run: models whose tests all passed need not show these changes to their tests again. #}
{% macro end_run() %}
    {%- if execute -%}
    {%- set good, bad = [], [] -%}
    {%- for result in results if result.node.resource_type == 'test' -%}
        {%- for model in result.node.depends_on.nodes -%}
            {%- do (good if result.status | string in ('pass', 'warn') else bad).append(model.split('.')[2]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set passed = good | unique | reject('in', bad) | list %}
begin;
delete from state.tested where model in ('{{ passed | join("', '") }}');
{%- for model in passed %}
insert into state.tested select '{{ model }}', run from state.run;
{%- endfor %}
commit;
    {%- endif -%}
{% endmacro %}
