select
    movement.movement_id,
    movement.transfer_id,
    movement.product_id,
    movement.store_id as origin_store_id,
    movement.counterpart_store_id as destination_store_id,
    movement.business_date as departed_on,
    movement.days_in_transit,
    movement.in_transit_quantity as quantity,
    cost.unit_cost,
    {{ round_amount(extended('movement.in_transit_quantity', 'cost.unit_cost'), 'product.currency') }} as stock_value,
    product.currency
from {{ ref('stock_movements') }} as movement
inner join {{ ref('products') }} as product on movement.product_id = product.product_id
left join {{ ref('int_product_costs') }} as cost
    on product.product_id = cost.product_id
    and product.currency = cost.currency
    and {{ as_of() }} >= cost.valid_from
    and {{ as_of() }} < cost.valid_before
where movement.in_transit_quantity > 0
