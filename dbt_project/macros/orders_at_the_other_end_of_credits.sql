{# Orders that changed credits name, and the credit notes that name changed orders: a row of one says what the other did. #}
{% macro orders_at_the_other_end_of_credits(since) %}
select credited_order_id as order_id
from ({{ logged_changes(['sales_lines'], 'credited_order_id', since) }}) as named
union
select note.order_id
from {{ ref('sales_lines') }} as note
semi join ({{ logged_changes(['sales_lines'], 'order_id', since) }}) as changed
    on note.credited_order_id = changed.order_id
{% endmacro %}
