with inferred as (
    select parents.id as product_id
    from {{ ref('int_referenced_parents') }} as parents
    anti join {{ ref('stg_products') }} as known on known.product_id = parents.id
    where parents.parent = 'product'
)

select
    product_id,
    name,
    category,
    subcategory,
    brand,
    supplier_id,
    barcode,
    unit,
    cost_price,
    selling_price,
    currency,
    tax_rate,
    pack_size,
    coalesce(is_active, true) as is_active,
    false as is_inferred
from {{ ref('stg_products') }}

union all

select
    product_id,
    null as name,
    null as category,
    null as subcategory,
    null as brand,
    null as supplier_id,
    null as barcode,
    null as unit,
    null as cost_price,
    null as selling_price,
    null as currency,
    null as tax_rate,
    null as pack_size,
    true as is_active,
    true as is_inferred
from inferred
