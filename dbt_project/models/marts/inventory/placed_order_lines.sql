select
    order_number,
    line_number,
    file_name,
    placed_on,
    proposal_id,
    decision,
    supplier_id,
    store_id,
    product_id,
    proposed_quantity,
    quantity,
    unit_cost,
    currency
from {{ source('lake', 'placed_order_lines') }}
