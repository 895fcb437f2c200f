-- Tax ids and bank accounts stay in staging: analysts do not get them.
with inferred as (
    select parents.id as supplier_id
    from {{ ref('int_referenced_parents') }} as parents
    anti join {{ ref('stg_suppliers') }} as known on known.supplier_id = parents.id
    where parents.parent = 'supplier'
)

select supplier_id, name, country, currency, payment_terms_days, false as is_inferred
from {{ ref('stg_suppliers') }}

union all

select
    supplier_id, null as name, null as country, null as currency, null as payment_terms_days, true as is_inferred
from inferred
