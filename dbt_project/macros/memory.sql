{# What a model remembers of its last run; see begin_run for the tables. #}

{% macro known_fingerprint() %}
    {%- set known = run_query("select fingerprint from state.models where model = '" ~ model.name ~ "'") -%}
    {{ return(known.rows[0][0] if known.rows else none) }}
{% endmacro %}

{# A model whose SQL changed, by a new release or by a setting in it, is built whole: hence the fingerprint.
   A model that follows others remembers up to which run, and which night, it has taken in their changes. #}
{% macro remember_model(fingerprint, follows=false) %}
delete from state.models where model = '{{ model.name }}';
insert into state.models
select '{{ model.name }}', '{{ fingerprint }}', {{ 'run, as_of' if follows else 'null, null' }} from state.run;
{% endmacro %}
