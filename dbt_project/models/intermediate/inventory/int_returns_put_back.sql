{{ config(materialized='table') }}
-- Goods that came back are where movements say that they came, up to what these say: first those of a return line in the
-- movement's own store, then those that the line has in another store; of several lines the earliest first.
with moved as (
    select order_id, product_id, store_id, sum(quantity) as quantity
    from {{ ref('int_customer_returns') }}
    where not is_cancelled
    group by order_id, product_id, store_id
),

moved_in_all as (
    select order_id, product_id, sum(quantity) as quantity
    from moved
    group by order_id, product_id
),

lines as (
    select
        line.order_id,
        line.line_number,
        line.store_id,
        line.product_id,
        line.sold_at,
        line.business_date,
        -line.quantity as quantity,
        moved_in_all.order_id as returned_order_id,
        moved_in_all.quantity as moved_in_all
    from {{ ref('sales_lines') }} as line
    inner join moved_in_all
        on coalesce(line.credited_order_id, line.order_id) = moved_in_all.order_id
        and line.product_id = moved_in_all.product_id
    where line.quantity < 0 and not line.is_cancelled
),

in_own_store as (
    select
        lines.*,
        sum(lines.quantity) over earlier_first - lines.quantity as before,
        least(lines.quantity, greatest(coalesce(moved.quantity, 0) - before, 0)) as put_back
    from lines
    left join moved
        on lines.returned_order_id = moved.order_id
        and lines.product_id = moved.product_id
        and lines.store_id = moved.store_id
    window earlier_first as (
        partition by lines.returned_order_id, lines.product_id, lines.store_id
        order by lines.sold_at, lines.order_id, lines.line_number
    )
),

in_any_store as (
    select
        *,
        quantity - put_back as missing,
        moved_in_all - sum(put_back) over all_lines as moved_elsewhere,
        sum(missing) over earlier_first - missing as missing_before,
        put_back + least(missing, greatest(moved_elsewhere - missing_before, 0)) as put_back_anywhere
    from in_own_store
    window
        all_lines as (partition by returned_order_id, product_id),
        earlier_first as (partition by returned_order_id, product_id order by sold_at, order_id, line_number)
)

select
    order_id,
    line_number,
    store_id,
    product_id,
    business_date,
    cast(put_back_anywhere as {{ quantity_type() }}) as quantity
from in_any_store
where put_back_anywhere > 0
