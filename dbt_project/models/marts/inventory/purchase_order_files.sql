select
    file_name,
    supplier_id,
    placed_on,
    line_count,
    content
from {{ source('lake', 'purchase_order_files') }}
