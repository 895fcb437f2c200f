with terms as (
    select
        supplier_id,
        product_id,
        valid_from,
        lead(valid_from) over (partition by supplier_id, product_id order by valid_from) as superseded_on,
        unit_cost,
        currency,
        lead_time_days,
        supplier_sku,
        min_order_quantity,
        pack_size
    from {{ ref('stg_supplier_products') }}
)

select
    supplier_id,
    product_id,
    valid_from,
    superseded_on - 1 as valid_to,
    unit_cost,
    currency,
    lead_time_days,
    supplier_sku,
    min_order_quantity,
    pack_size,
    valid_from <= {{ as_of() }} and coalesce(superseded_on > {{ as_of() }}, true) as is_current
from terms
