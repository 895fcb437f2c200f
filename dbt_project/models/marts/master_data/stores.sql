with inferred as (
    select parents.id as store_id
    from {{ ref('int_referenced_parents') }} as parents
    anti join {{ ref('stg_stores') }} as known on known.store_id = parents.id
    where parents.parent = 'store'
)

select store_id, name, region, format, opened_on, false as is_inferred
from {{ ref('stg_stores') }}

union all

select store_id, null as name, null as region, null as format, null as opened_on, true as is_inferred
from inferred
