{{ config(
    materialized='by_change',
    unit='business_date',
    follows=['sales_lines'],
    also={'macro': 'dates_of_changed_demand'},
) }}
-- depends_on: {{ ref('sales_daily') }}
with sold as (
    select
        store_id,
        product_id,
        business_date,
        currency,
        sum(quantity) as units,
        {{ ratio('sum(cast(quantity as decimal(38, 3)) * unit_price)', 'sum(quantity)', 6) }} as price
    from {{ ref('sales_lines') }}
    where quantity > 0 and not is_cancelled
    group by store_id, product_id, business_date, currency
),

-- Of several currencies the price of the one in which most was sold.
sale_days as (
    select
        store_id,
        product_id,
        business_date,
        sum(units) as units_sold,
        arg_max({'price': price, 'currency': currency}, (units, currency)) as priced
    from sold
    group by store_id, product_id, business_date
),

returned as (
    select
        store_id,
        product_id,
        business_date,
        quantity,
        coalesce(credited_order_id, order_id) as sold_order_id
    from {{ ref('sales_lines') }}
    where quantity < 0 and not is_cancelled and {{ touched('business_date') }}
),

-- Where and when the order whose goods came back sold them.
originals as (
    select
        order_id,
        product_id,
        arg_min(store_id, line_number) as store_id,
        arg_min(business_date, line_number) as business_date
    from {{ ref('sales_lines') }}
    where quantity > 0 and not is_cancelled and order_id in (select sold_order_id from returned)
    group by order_id, product_id
),

-- What was given back was not wanted: it lowers the demand of the day on which it came back, in the store that sold it.
-- The day of the sale would know what came after it, and the newest days would be the only ones not to.
netted as (
    select
        coalesce(original.store_id, returned.store_id) as store_id,
        returned.product_id,
        returned.business_date,
        -sum(returned.quantity) as units_returned
    from returned
    left join originals as original
        on returned.sold_order_id = original.order_id
        and returned.product_id = original.product_id
        and returned.business_date >= original.business_date
    group by all
),

first_sales as (
    select store_id, product_id, min(business_date) as first_sold_on
    from sale_days
    group by store_id, product_id
),

days as (
    select cast(unnest(range(min(first_sold_on), {{ as_of() }}, interval 1 day)) as date) as business_date
    from first_sales
),

-- What was sold once is in demand from then on, if only by nobody.
demanded as (
    select first_sale.store_id, first_sale.product_id, days.business_date
    from first_sales as first_sale
    inner join days on first_sale.first_sold_on <= days.business_date
    where {{ touched('days.business_date') }}
),

priced as (
    select
        demanded.store_id,
        demanded.product_id,
        demanded.business_date,
        case when sale.business_date = demanded.business_date then sale.units_sold else 0 end as units_sold,
        sale.priced.price as price,
        sale.priced.currency as currency
    from demanded
    asof left join sale_days as sale
        on demanded.store_id = sale.store_id
        and demanded.product_id = sale.product_id
        and demanded.business_date >= sale.business_date
)

{% set told = columns_told_of_days() -%}
select
    priced.store_id,
    priced.product_id,
    priced.business_date,
    {{ told.category }} as category,
    cast(priced.units_sold as {{ quantity_type() }}) as units_sold,
    cast(priced.units_sold - coalesce(netted.units_returned, 0) as {{ quantity_type() }}) as quantity,
    priced.price,
    priced.currency,
    {{ told.is_promotion }} as is_promotion,
    {{ told.is_open }} as is_open,
    {{ told.is_silent }} as is_silent,
    {{ told.is_out_of_stock }} as is_out_of_stock,
    {{ told.is_sold_out }} as is_sold_out
from priced
left join netted
    on priced.store_id = netted.store_id
    and priced.product_id = netted.product_id
    and priced.business_date = netted.business_date
{{ told_of_days('priced') }}
