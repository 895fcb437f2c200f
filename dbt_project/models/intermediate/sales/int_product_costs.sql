{{ config(materialized='by_change', unit='product_id', follows=['stg_products']) }}
-- A version counts from the day it was admitted until a later one does; the first counts for all days before.
-- depends_on: {{ ref('stg_products') }}
with versions as (
    select
        version.product_id,
        version.cost_price,
        version.currency,
        version._admitted_on as admitted_on,
        row_number() over (
            partition by version.product_id
            order by version._version nulls first, version._position, version._sequence, version._record
        ) as position
    from {{ loaded_rows('products') }} as version
    where {{ touched('version.product_id') }}
),

-- A later version that counts from an earlier day takes everything from there on.
lasting as (
    select
        product_id,
        cost_price,
        currency,
        admitted_on,
        min(admitted_on) over (
            partition by product_id order by position rows between 1 following and unbounded following
        ) as superseded_on
    from versions
),

counting as (
    select product_id, cost_price, currency, admitted_on
    from lasting
    where superseded_on is null or admitted_on < superseded_on
),

changes as (
    select
        product_id,
        case when row_number() over by_day = 1 then date '0001-01-01' else admitted_on end as valid_from,
        cost_price,
        currency,
        row_number() over by_day = 1
            or lag(row(cost_price, currency)) over by_day is distinct from row(cost_price, currency) as is_change
    from counting
    window by_day as (partition by product_id order by admitted_on)
)

select
    product_id,
    valid_from,
    lead(valid_from, 1, date '9999-12-31') over (partition by product_id order by valid_from) as valid_before,
    cost_price,
    currency
from changes
where is_change
