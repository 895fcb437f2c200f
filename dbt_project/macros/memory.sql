{# What a model remembers of its last run; see begin_run for the tables. #}

{% macro known_fingerprint() %}
    {%- set known = run_query("select fingerprint from state.models where model = '" ~ model.name ~ "'") -%}
    {{ return(known.rows[0][0] if known.rows else none) }}
{% endmacro %}

{# A model whose SQL changed, by a new release or by a setting in it, is built whole. #}
{% macro remember_model(fingerprint) %}
delete from state.models where model = '{{ model.name }}';
insert into state.models
select '{{ model.name }}', '{{ fingerprint }}', null, null;
{% endmacro %}

{% macro log_everything_changed() %}
insert into state.changes select '{{ model.name }}', run, null, null from state.run;
{% endmacro %}
