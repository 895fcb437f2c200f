{{ config(materialized='table') }}
-- A movement names the order whose goods came back, or the credit note that gives it back.
with notes as (
    select order_id, product_id, min(credited_order_id) as credited_order_id
    from {{ ref('sales_lines') }}
    where quantity < 0 and credited_order_id is not null
    group by order_id, product_id
),

cancelled as (
    select distinct order_id, product_id
    from {{ ref('sales_lines') }}
    where quantity > 0 and is_cancelled
),

returns as (
    select
        movement.movement_id,
        movement.store_id,
        movement.product_id,
        movement.quantity,
        coalesce(notes.credited_order_id, movement.order_id) as order_id
    from {{ ref('stg_stock_movements') }} as movement
    left join notes on movement.order_id = notes.order_id and movement.product_id = notes.product_id
    where movement.kind = 'customer_return' and movement.order_id is not null and {{ has_come() }}
)

select
    returns.movement_id,
    returns.store_id,
    returns.product_id,
    returns.quantity,
    returns.order_id,
    cancelled.order_id is not null as is_cancelled
from returns
left join cancelled on returns.order_id = cancelled.order_id and returns.product_id = cancelled.product_id
