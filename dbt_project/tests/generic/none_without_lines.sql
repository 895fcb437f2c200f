{# Orders of which only the head has come: a file of lines is missing, or its lines were rejected. Counts them. #}
{% test none_without_lines(model) %}
{{ config(severity='warn') }}
select * from {{ model }} where is_without_lines
{% endtest %}
