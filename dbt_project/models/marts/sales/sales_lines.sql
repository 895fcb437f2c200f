{{ config(
    materialized='by_change',
    unit='business_date',
    follows=['stg_sales'],
    also={'macro': 'dates_of_changed_orders_and_costs', 'from': ['order_history', 'int_product_costs']},
    touches=['order_id', 'credited_order_id'],
    waits=true,
) }}
with lines as (
    select
        order_id,
        line_number,
        store_id,
        product_id,
        {{ pseudonym('customer_id', may_be_word=false) }} as customer_id,
        sold_at,
        business_date,
        channel,
        quantity,
        unit_price,
        currency,
        coalesce(discount, 0) as discount,
        net_amount as stated_amount,
        tax_rate,
        coalesce(is_promotion, false) as is_promotion,
        credited_order_id,
        _source as source
    from {{ ref('stg_sales') }}
    where {{ touched('business_date') }} and {{ has_come() }}
),

orders as (
    select
        order_id,
        bool_or(is_latest and status = 'cancelled') as is_cancelled,
        min(changed_at) filter (where status in ('shipped', 'delivered', 'returned')) as shipped_at
    from {{ ref('order_history') }}
    where
        order_kind = 'sales'
        and order_id in (select lines.order_id from lines union all select lines.credited_order_id from lines)
    group by order_id
),

valued as (
    select
        lines.order_id,
        lines.line_number,
        lines.store_id,
        lines.product_id,
        lines.customer_id,
        lines.sold_at,
        lines.business_date,
        lines.channel,
        lines.quantity,
        lines.unit_price,
        lines.currency,
        lines.discount,
        lines.tax_rate,
        lines.is_promotion,
        lines.credited_order_id,
        lines.source,
        -- What gives back a cancelled order counts as little as the order.
        coalesce(orders.is_cancelled, false) or coalesce(credited.is_cancelled, false) as is_cancelled,
        case when lines.quantity > 0 then orders.shipped_at end as shipped_at,
        orders.order_id is not null and lines.quantity > 0 and orders.shipped_at is null and not orders.is_cancelled
            as awaits_shipment,
        {{ round_amount(
            'coalesce(lines.stated_amount, ' ~ extended('lines.quantity', 'lines.unit_price') ~ ' - lines.discount)',
            'lines.currency'
        ) }} as net_amount,
        cost.unit_cost,
        {{ round_amount(extended('lines.quantity', 'cost.unit_cost'), 'lines.currency') }} as net_cost
    from lines
    left join orders on lines.order_id = orders.order_id
    left join orders as credited on lines.credited_order_id = credited.order_id and lines.quantity < 0
    left join {{ ref('int_product_costs') }} as cost
        on lines.product_id = cost.product_id
        and lines.currency = cost.currency
        and lines.business_date >= cost.valid_from
        and lines.business_date < cost.valid_before
)

select
    order_id,
    line_number,
    source,
    store_id,
    product_id,
    customer_id,
    sold_at,
    business_date,
    channel,
    quantity,
    quantity < 0 as is_return,
    credited_order_id,
    is_cancelled,
    shipped_at,
    awaits_shipment,
    unit_price,
    currency,
    discount,
    tax_rate,
    is_promotion,
    net_amount,
    case when is_cancelled then 0 else net_amount end as revenue,
    unit_cost,
    case when is_cancelled then 0 else net_cost end as cost,
    case when is_cancelled then 0 else net_amount - net_cost end as margin
from valued
