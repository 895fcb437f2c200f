{{ config(
    materialized='by_change',
    unit='order_id',
    follows=['sales_lines', 'order_history'],
    also={'macro': 'orders_at_the_other_end_of_credits', 'from': ['sales_lines']},
) }}
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
        bool_or(quantity < 0) and not bool_or(quantity > 0) as is_credit_note,
        bool_or(quantity < 0) as has_returns,
        arg_min(credited_order_id, line_number) as credited_order_id,
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
),

-- What other documents give back of an order. It is revenue of theirs, negative, and is not taken off again here.
credits as (
    select credited_order_id as order_id, currency, cast(-sum(revenue) as {{ amount_type() }}) as amount
    from {{ ref('sales_lines') }}
    where {{ touched('credited_order_id') }} and credited_order_id != order_id
    group by credited_order_id, currency
),

-- Of the orders that credit notes name, those that there are.
known as (
    select distinct order_id
    from {{ ref('sales_lines') }}
    where order_id in (select orders.credited_order_id from orders)
),

followed as (
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
        coalesce(orders.is_credit_note, false) as is_credit_note,
        orders.has_returns,
        orders.credited_order_id,
        known.order_id is not null as is_known,
        orders.quantity,
        orders.net_amount,
        orders.revenue,
        orders.cost,
        orders.margin,
        orders.revenue_without_cost,
        coalesce(credits.amount, 0) as credited_amount,
        orders.order_id is null as is_inferred
    from orders
    full join states on orders.order_id = states.order_id
    left join credits on orders.order_id = credits.order_id and orders.currency = credits.currency
    left join known on orders.credited_order_id = known.order_id
)

select
    order_id,
    currency,
    store_id,
    customer_id,
    channel,
    ordered_at,
    business_date,
    status,
    status_at,
    event_count,
    line_count,
    is_credit_note,
    credited_order_id,
    quantity,
    net_amount,
    revenue,
    cost,
    margin,
    revenue_without_cost,
    credited_amount,
    case when status = 'returned' and not is_credit_note then greatest(revenue - credited_amount, 0) else 0 end
        as uncredited_amount,
    case
        when is_credit_note and credited_order_id is null then 'unlinked'
        when is_credit_note and not is_known then 'unknown_order'
        when is_credit_note then 'linked'
        when status != 'returned' or is_inferred then null
        when revenue <= credited_amount then 'credited'
        when has_returns or credited_amount > 0 then 'part_credited'
        else 'not_credited'
    end as credit_status,
    is_inferred
from followed
