select
    store_id,
    product_id,
    sold_at as changed_at,
    business_date,
    'sale' as kind,
    -quantity as quantity
from {{ ref('sales_lines') }}
where not is_cancelled

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
