{{ config(materialized='by_change', unit='product_id', follows=['stg_products', 'stg_supplier_products']) }}
-- depends_on: {{ ref('stg_products') }}
with versions as (
    select
        version.product_id,
        case when version.currency is not null then version.cost_price end as unit_cost,
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
        *,
        min(admitted_on) over (
            partition by product_id order by position rows between 1 following and unbounded following
        ) as superseded_on
    from versions
),

-- Versions without a cost, and the next that states one, are one stretch: it fills back over them.
stretches as (
    select
        product_id,
        unit_cost,
        currency,
        admitted_on,
        coalesce(
            count(unit_cost) over (
                partition by product_id order by admitted_on rows between unbounded preceding and 1 preceding
            ),
            0
        ) as stretch
    from lasting
    where superseded_on is null or admitted_on < superseded_on
),

stated as (
    select
        product_id,
        case stretch when 0 then date '0001-01-01' else min(admitted_on) end as valid_from,
        max(unit_cost) as unit_cost,
        arg_max(currency, admitted_on) as currency
    from stretches
    group by product_id, stretch
),

own as (
    select
        product_id,
        currency,
        valid_from,
        lead(valid_from, 1, date '9999-12-31') over (partition by product_id order by valid_from) as valid_before,
        unit_cost
    from stated
),

-- The terms of the product's main supplier; where it names none, of the only one who supplies it.
suppliers as (
    select
        terms.product_id,
        coalesce(
            any_value(product.supplier_id),
            case when count(distinct terms.supplier_id) = 1 then any_value(terms.supplier_id) end
        ) as supplier_id
    from {{ ref('stg_supplier_products') }} as terms
    left join {{ ref('stg_products') }} as product on terms.product_id = product.product_id
    where {{ touched('terms.product_id') }}
    group by terms.product_id
),

agreed as (
    select
        terms.product_id,
        terms.currency,
        terms.valid_from,
        lead(terms.valid_from, 1, date '9999-12-31') over (
            partition by terms.product_id order by terms.valid_from
        ) as valid_before,
        terms.unit_cost
    from {{ ref('stg_supplier_products') }} as terms
    inner join suppliers
        on terms.product_id = suppliers.product_id and terms.supplier_id = suppliers.supplier_id
),

costs as (
    select product_id, currency, valid_from, valid_before, unit_cost, 1 as rank, 'supplier' as basis
    from agreed
    union all
    select product_id, currency, valid_from, valid_before, unit_cost, 2 as rank, 'product' as basis
    from own
    where unit_cost is not null
),

-- Between two neighbouring borders nothing changes.
borders as (
    select product_id, currency, valid_from as day from costs
    union
    select product_id, currency, valid_before as day from costs
),

spans as (
    select product_id, currency, day, lead(day) over (partition by product_id, currency order by day) as next_day
    from borders
),

chosen as (
    select
        spans.product_id,
        spans.currency,
        spans.day as valid_from,
        spans.next_day as valid_before,
        arg_min(costs.unit_cost, costs.rank) as unit_cost,
        arg_min(costs.basis, costs.rank) as basis
    from spans
    inner join costs
        on spans.product_id = costs.product_id
        and spans.currency = costs.currency
        and spans.day >= costs.valid_from
        and spans.day < costs.valid_before
    group by spans.product_id, spans.currency, spans.day, spans.next_day
),

changes as (
    select
        *,
        lag(row(unit_cost, basis, valid_before)) over (partition by product_id, currency order by valid_from)
            is distinct from row(unit_cost, basis, valid_from) as is_change
    from chosen
),

numbered as (
    select
        *,
        count(*) filter (where is_change) over (partition by product_id, currency order by valid_from) as change
    from changes
)

select
    product_id,
    currency,
    min(valid_from) as valid_from,
    max(valid_before) as valid_before,
    any_value(unit_cost) as unit_cost,
    any_value(basis) as basis
from numbered
group by product_id, currency, change
