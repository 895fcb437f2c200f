{# What others tell of a day of demand: the joins of daily_demand, and what it makes of them, by column. The same decide, by
   comparison, which days are to be built again (dates_of_changed_demand). #}
{% macro told_of_days(days) %}
left join {{ ref('products') }} as product on {{ days }}.product_id = product.product_id
left join {{ ref('int_promotion_days') }} as promoted
    on {{ days }}.store_id = promoted.store_id
    and {{ days }}.product_id = promoted.product_id
    and {{ days }}.business_date = promoted.business_date
left join {{ ref('int_store_days') }} as store_day
    on {{ days }}.store_id = store_day.store_id and {{ days }}.business_date = store_day.business_date
left join {{ ref('int_silent_days') }} as silent
    on {{ days }}.store_id = silent.store_id and {{ days }}.business_date = silent.business_date
left join {{ ref('int_days_out_of_stock') }} as out_of_stock
    on {{ days }}.store_id = out_of_stock.store_id
    and {{ days }}.product_id = out_of_stock.product_id
    and {{ days }}.business_date = out_of_stock.business_date
{% endmacro %}


{% macro columns_told_of_days() %}
    {{ return({
        'category': "coalesce(product.category, 'unknown')",
        'is_promotion': 'promoted.product_id is not null',
        'is_open': 'coalesce(store_day.is_open, true)',
        'is_silent': 'silent.store_id is not null',
        'is_out_of_stock': 'coalesce(out_of_stock.is_whole_day, false)',
        'is_sold_out': 'coalesce(not out_of_stock.is_whole_day, false)',
    }) }}
{% endmacro %}
