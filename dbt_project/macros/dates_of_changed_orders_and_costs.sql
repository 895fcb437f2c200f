{# Business dates of sales lines that an order's event, of their own order or of one that they give back, or a product's
   cost reaches: none of these carries the date. #}
{% macro dates_of_changed_orders_and_costs(since) %}
{%- for column in ['order_id', 'credited_order_id'] %}
select line.business_date
from {{ ref('stg_sales') }} as line
semi join ({{ logged_changes(['order_history'], 'order_id', since) }}) as changed on line.{{ column }} = changed.order_id
union
{%- endfor %}
select sold.business_date
from (
    select distinct line.product_id, line.business_date, line.currency, line.unit_cost
    from {{ this }} as line
    semi join ({{ logged_changes(['int_product_costs'], 'product_id', since) }}) as changed
        on line.product_id = changed.product_id
) as sold
left join {{ ref('int_product_costs') }} as cost
    on sold.product_id = cost.product_id
    and sold.currency = cost.currency
    and sold.business_date >= cost.valid_from
    and sold.business_date < cost.valid_before
where sold.unit_cost is distinct from cost.unit_cost
{% endmacro %}
