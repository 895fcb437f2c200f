{# Rows of a mart about intake that tell of something that happened in the newest night. #}
{% test none_of_the_night(model, effect=none) %}
{{ config(severity='warn') }}
select * from {{ model }}
where happened_on = {{ as_of() }}{% if effect %} and effect = '{{ effect }}'{% endif %}
{% endtest %}
