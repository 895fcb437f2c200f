-- Goods leave when they are sold, and those of an order when it is shipped, where shipping is told: in a store of which
-- some order was ever shipped. Until then they are reserved, for reserved_days at most: what nobody tells of any more
-- has left. A return line brings back what movements do not.
with shipping as (
    select distinct store_id
    from {{ ref('sales_lines') }}
    where shipped_at is not null
)

select
    line.store_id,
    line.product_id,
    line.quantity + coalesce(put_back.quantity, 0) as quantity,
    coalesce(line.shipped_at, line.sold_at) as left_at,
    cast(timezone('{{ setting("time_zone") }}', coalesce(line.shipped_at, line.sold_at)) as date) as left_on,
    line.shipped_at is not null as is_shipped,
    line.awaits_shipment
    and shipping.store_id is not null
    and line.business_date > {{ as_of() }} - {{ setting('reserved_days') }} as is_reserved
from {{ ref('sales_lines') }} as line
left join shipping on line.store_id = shipping.store_id
left join {{ ref('int_returns_put_back') }} as put_back
    on line.order_id = put_back.order_id and line.line_number = put_back.line_number
where not line.is_cancelled
