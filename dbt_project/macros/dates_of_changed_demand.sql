{# Business dates of daily demand that something else reaches than lines of that date: days that passed; returns, which lower
   the demand of the store whose sale they name; the last known price, which holds until the next sale; promotions, opening days,
   stock and categories, whose few differing rows are found by comparing. #}
{% macro dates_of_changed_demand(since) %}
select business_date
from (
    with changed as (
        {{ logged_changes(['sales_lines'], 'business_date', since) }}
        union
        select line.business_date
        from {{ ref('sales_lines') }} as line
        where
            line.order_id in ({{ logged_changes(['sales_lines'], 'order_id', since) }})
            or line.credited_order_id in ({{ logged_changes(['sales_lines'], 'order_id', since) }})
    ),

    -- What sold on these days, as it was and as it is now.
    sold as (
        select store_id, product_id, business_date
        from {{ this }}
        where units_sold > 0 and business_date in (from changed)
        union
        select store_id, product_id, business_date
        from {{ ref('sales_daily') }}
        where units_sold > 0 and business_date in (from changed)
    ),

    until_next as (
        select sold.business_date, max(coalesce(next_sale.business_date, {{ as_of() }})) as next_date
        from sold
        asof left join (
            select store_id, product_id, business_date
            from {{ ref('sales_daily') }}
            where units_sold > 0 and business_date > (select min(business_date) from changed)
        ) as next_sale
            on sold.store_id = next_sale.store_id
            and sold.product_id = next_sale.product_id
            and sold.business_date < next_sale.business_date
        group by sold.business_date
    )

    select business_date from changed
    union
    select cast(unnest(range(business_date + 1, next_date, interval 1 day)) as date) from until_next
    union
    select cast(range as date)
    from range((select max(business_date) + 1 from {{ this }}), {{ as_of() }}, interval 1 day)
    union
    select demand.business_date
    from {{ this }} as demand
    {{ told_of_days('demand') }}
    where
        {% for column, told in columns_told_of_days().items() -%}
        {{ 'or ' if not loop.first }}demand.{{ column }} != ({{ told }})
        {% endfor %}
)
{% endmacro %}
