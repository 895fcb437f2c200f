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
        min(source) as source,
        nullif(max(source), min(source)) as other_source,
        arg_min(store_id, line_number) as store_id,
        arg_min(customer_id, line_number) as customer_id,
        arg_min(channel, line_number) as channel,
        min(sold_at) as ordered_at,
        min(business_date) as business_date,
        count(*) as line_count,
        bool_or(quantity < 0) and not bool_or(quantity > 0) as is_credit_note,
        bool_or(quantity < 0) as has_returns,
        bool_and(is_cancelled) as is_cancelled,
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
-- A till writes the receipt that goods come back of on every line of an exchange: what was taken instead is no credit.
credits as (
    select order_id, currency, cast(-sum(amount) as {{ amount_type() }}) as amount, sum(line_count) as line_count
    from (
        select credited_order_id as order_id, currency, sum(revenue) as amount, count(*) as line_count
        from {{ ref('sales_lines') }} as line
        where {{ touched('credited_order_id') }} and credited_order_id != order_id
        group by credited_order_id, currency, line.order_id, product_id
        having sum(quantity) < 0
    ) as of_products
    group by order_id, currency
),

-- What such an order sold, less what it took back itself of the same products; what it took back of others, another order
-- may have sold.
sold as (
    select order_id, currency, sum(amount) as amount
    from (
        select
            order_id,
            currency,
            sum(revenue) filter (where quantity > 0 or coalesce(credited_order_id, order_id) = order_id) as amount
        from {{ ref('sales_lines') }}
        where order_id in (select credits.order_id from credits)
        group by order_id, currency, product_id
        having bool_or(quantity > 0)
    ) as of_products
    group by order_id, currency
),

-- Of the orders that credit notes name, those that there are. A credit note is none.
known as (
    select distinct order_id
    from {{ ref('sales_lines') }}
    where order_id in (select orders.credited_order_id from orders) and quantity > 0
),

followed as (
    select
        coalesce(orders.order_id, states.order_id) as order_id,
        orders.currency,
        orders.source,
        orders.other_source,
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
        orders.is_cancelled,
        orders.credited_order_id,
        known.order_id is not null as is_known,
        orders.quantity,
        orders.net_amount,
        orders.revenue,
        orders.cost,
        orders.margin,
        orders.revenue_without_cost,
        coalesce(credits.amount, 0) as credited_amount,
        -- Rounding makes half a minor unit of every line.
        case
            when 2 * (credits.amount - sold.amount)
                > {{ minor_unit('orders.currency') }} * (orders.line_count + credits.line_count)
                then cast(credits.amount - sold.amount as {{ amount_type() }})
            else 0
        end as over_credited_amount,
        orders.order_id is null as is_inferred
    from orders
    full join states on orders.order_id = states.order_id
    left join credits on orders.order_id = credits.order_id and orders.currency = credits.currency
    left join sold on orders.order_id = sold.order_id and orders.currency = sold.currency
    left join known on orders.credited_order_id = known.order_id
)

select
    order_id,
    currency,
    source,
    other_source,
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
    over_credited_amount,
    case
        when is_credit_note and is_cancelled and status != 'cancelled' then 'cancelled_order'
        when is_credit_note and credited_order_id is null then 'unlinked'
        when is_credit_note and not is_known then 'unknown_order'
        when is_credit_note then 'linked'
        when over_credited_amount > 0 then 'over_credited'
        when status != 'returned' or is_inferred then null
        when revenue <= credited_amount then 'credited'
        when has_returns or credited_amount > 0 then 'part_credited'
        else 'not_credited'
    end as credit_status,
    is_inferred
from followed
