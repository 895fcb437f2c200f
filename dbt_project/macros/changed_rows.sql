{# What data tests look at. A model that is built by_change is tested where it changed since the test last
   passed; with RETAIL_TEST_ALL_HISTORY (the weekly run), and for every other model, everything is tested.

   A grain that spans the units wants `where: by order_id` in the test's config: the column, one of the model's
   `touches`, by which rows belong together. #}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where') or '' -%}
    {%- set by = where.removeprefix('by ') if where.startswith('by ') else none -%}
    {%- if execute and looks_at_changes(model) and setting('test_all_history') != 'true' -%}
        {%- set tested = graph.nodes[model.attached_node] -%}
        {%- set unit = by or tested.config.unit -%}
        {%- set since = 'coalesce((select run from state.tested where test = ' ~ sql_string(model.unique_id) ~ '), 0)' -%}
        {%- set logged = 'from state.changes where model = ' ~ sql_string(tested.name) ~ ' and run > ' ~ since -%}
        {%- if not run_query('select 1 ' ~ logged ~ ' and unit is null limit 1').rows -%}
            {%- set changed = unit ~ ' in (' ~ logged_changes([tested.name], unit, since) ~ ')' -%}
        {%- endif -%}
    {%- endif -%}
    {%- set conditions = [where if not by else '', changed or ''] | select | join(' and ') -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ conditions ~ ') as tested' if conditions else relation) }}
{%- endmacro %}


{# True for a test of a long model, unless it warns: a warning stands until its cause is gone, so such a test looks
   at everything each time. #}
{% macro looks_at_changes(test) -%}
    {%- set tested = graph.nodes.get(test.attached_node) -%}
    {{ return(
        tested is not none and tested.config.materialized == 'by_change'
        and (test.config.severity or 'error') | lower != 'warn'
    ) }}
{%- endmacro %}


{# After a run: what a test has passed it need not be shown again. #}
{% macro end_run() %}
    {%- if execute -%}
    {%- set passed = [] -%}
    {%- for result in results if result.node.resource_type == 'test' and result.status | string == 'pass' -%}
        {%- do passed.append(result.node.unique_id) -%}
    {%- endfor %}
begin;
delete from state.tested where test is null or test in ('{{ passed | join("', '") }}');
{%- for test in passed %}
insert into state.tested (test, run) select '{{ test }}', run from state.run;
{%- endfor %}
commit;
    {%- endif -%}
{% endmacro %}
