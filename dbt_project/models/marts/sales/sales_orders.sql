{{ config(materialized='by_change', unit='order_id', follows=['sales_lines', 'order_history']) }}
with orders as (
    select
        order_id,
        currency,
        arg_min(store_id, line_number) as store_id,
        arg_min(customer_id, line_number) as customer_id,
        arg_min(channel, line_number) as channel,
        min(sold_at) as ordered_at,
        min(business_date) as business_date,
        count(*) as line_count,
        cast(sum(quantity) as {{ quantity_type() }}) as quantity,
        cast(sum(net_amount) as {{ amount_type() }}) as net_amount,
        cast(sum(revenue) as {{ amount_type() }}) as revenue,
        cast(sum(cost) as {{ amount_type() }}) as cost,
        cast(sum(margin) as {{ amount_type() }}) as margin,
        cast(coalesce(sum(revenue) filter (where cost is null), 0) as {{ amount_type() }}) as revenue_without_cost
    from {{ ref('sales_lines') }}
    where {{ touched('order_id') }}
    group by order_id, currency
),

states as (
    select
        order_id,
        arg_max(status, changed_at) filter (where is_latest) as status,
        max(changed_at) as status_at,
        min(changed_at) as first_event_at,
        min(business_date) as first_event_on,
        count(*) as event_count
    from {{ ref('order_history') }}
    where order_kind = 'sales' and {{ touched('order_id') }}
    group by order_id
)

select
    coalesce(orders.order_id, states.order_id) as order_id,
    orders.currency,
    orders.store_id,
    orders.customer_id,
    orders.channel,
    coalesce(orders.ordered_at, states.first_event_at) as ordered_at,
    coalesce(orders.business_date, states.first_event_on) as business_date,
    coalesce(states.status, 'delivered') as status,
    coalesce(states.status_at, orders.ordered_at) as status_at,
    coalesce(states.event_count, 0) as event_count,
    coalesce(orders.line_count, 0) as line_count,
    orders.quantity,
    orders.net_amount,
    orders.revenue,
    orders.cost,
    orders.margin,
    orders.revenue_without_cost,
    orders.order_id is null as is_inferred
from orders
full join states on orders.order_id = states.order_id
