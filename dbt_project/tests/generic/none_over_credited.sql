{# Orders of which more was given back than was sold: by two documents, or by one that is too large. #}
{% test none_over_credited(model) %}
{{ config(severity='warn') }}
select order_id, currency, store_id, business_date, status, revenue, credited_amount, over_credited_amount
from {{ model }}
where credit_status = 'over_credited'
{% endtest %}
