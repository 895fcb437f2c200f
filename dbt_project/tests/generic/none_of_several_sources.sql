{# Orders that lines of the newest night make, or made, orders of several sources. #}
{% test none_of_several_sources(model, lines) %}
{{ config(severity='warn') }}
select order_id, currency, source, other_source, store_id, business_date, line_count, revenue
from {{ model }}
where other_source is not null
    and order_id in (select line.order_id from {{ lines }} as line where line._admitted_on = {{ as_of() }})
{% endtest %}
