{# Parents that are only known because some row names them: master data that has not come. Counts them. #}
{% test none_inferred(model) %}
{{ config(severity='warn') }}
select * from {{ model }} where is_inferred
{% endtest %}
