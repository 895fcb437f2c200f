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
    left join {{ ref('products') }} as product on demand.product_id = product.product_id
    left join {{ ref('int_promotion_days') }} as promoted
        on demand.store_id = promoted.store_id
        and demand.product_id = promoted.product_id
        and demand.business_date = promoted.business_date
    left join {{ ref('int_store_days') }} as store_day
        on demand.store_id = store_day.store_id and demand.business_date = store_day.business_date
    left join {{ ref('int_silent_days') }} as silent
        on demand.store_id = silent.store_id and demand.business_date = silent.business_date
    left join {{ ref('int_days_out_of_stock') }} as out_of_stock
        on demand.store_id = out_of_stock.store_id
        and demand.product_id = out_of_stock.product_id
        and demand.business_date = out_of_stock.business_date
    where
        demand.category != coalesce(product.category, 'unknown')
        or demand.is_promotion != (promoted.product_id is not null)
        or demand.is_open != coalesce(store_day.is_open, true)
        or demand.is_silent != (silent.store_id is not null)
        or demand.is_out_of_stock != coalesce(out_of_stock.is_whole_day, false)
        or demand.is_sold_out != coalesce(not out_of_stock.is_whole_day, false)
)
{% endmacro %}
