{# Rows dated after as_of: they wait for their day. Counts them; a wrong clock or date format shows here. #}
{% test none_waiting(model) %}
{{ config(severity='warn') }}
select * from {{ model }} where business_date > {{ as_of() }}
{% endtest %}
