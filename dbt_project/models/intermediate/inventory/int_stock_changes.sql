select
    store_id,
    product_id,
    left_at as changed_at,
    left_on as business_date,
    case when is_shipped then 'shipment' else 'sale' end as kind,
    -quantity as quantity
from {{ ref('int_stock_departures') }}
where not is_reserved

union all

select
    store_id,
    product_id,
    moved_at as changed_at,
    business_date,
    kind,
    quantity
from {{ ref('stock_movements') }}
where changes_stock
