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
union all by name
select product_id, true as is_active, true as is_inferred
from inferred
