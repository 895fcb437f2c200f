-- Only recent sales and movements are read; what the long history says stands in stock_levels.
with recent_sales as (
    select store_id, product_id, business_date as day, sum(quantity) as quantity
    from {{ ref('sales_daily') }}
    where business_date >= {{ as_of() }} - cast({{ setting('demand_days') }} as integer)
    group by store_id, product_id, business_date
),

openings as (
    select
        level.store_id,
        greatest(min(level.first_sold_on), any_value(store.opened_on)) as opened_on
    from {{ ref('stock_levels') }} as level
    left join {{ ref('stores') }} as store on level.store_id = store.store_id
    group by level.store_id
),

-- From each day on: on how many days the store sells.
selling as (
    select
        store_id,
        business_date as day,
        count(*) filter (where is_open) over (
            partition by store_id order by business_date rows between current row and unbounded following
        ) as selling_days
    from {{ ref('int_store_days') }}
    where business_date >= {{ as_of() }} - cast({{ setting('demand_days') }} as integer)
),

-- Selling days on which there was nothing to sell, from morning to evening, as far as the last two counts tell.
lost as (
    select empty.store_id, empty.product_id, count(*) as lost_days
    from {{ ref('int_days_out_of_stock') }} as empty
    inner join {{ ref('int_store_days') }} as store_day
        on empty.store_id = store_day.store_id and empty.business_date = store_day.business_date
    inner join {{ ref('stock_levels') }} as level
        on empty.store_id = level.store_id and empty.product_id = level.product_id
    where
        store_day.is_open
        and empty.is_whole_day
        and empty.business_date >= {{ as_of() }} - cast({{ setting('demand_days') }} as integer)
        and empty.business_date > coalesce(level.previous_counted_on, level.counted_on)
    group by empty.store_id, empty.product_id
),

-- What came back before anything was sold is no demand.
demand as (
    select sale.store_id, sale.product_id, sum(sale.quantity) as sold_quantity
    from recent_sales as sale
    inner join {{ ref('stock_levels') }} as level
        on sale.store_id = level.store_id and sale.product_id = level.product_id
    where sale.day >= level.first_sold_on and sale.day < {{ as_of() }}
    group by sale.store_id, sale.product_id
),

arrivals as (
    select store_id, product_id, sum(quantity) as arrived_quantity
    from {{ ref('stock_movements') }}
    where
        business_date > {{ as_of() }} - {{ setting('dead_stock_days') }}
        and quantity > 0
        and changes_stock
    group by store_id, product_id
),

measured as (
    select
        level.store_id,
        level.product_id,
        level.quantity,
        level.available_quantity,
        level.last_sold_on,
        {{ as_of() }} - level.last_sold_on as days_since_sale,
        coalesce(selling.selling_days, 0) - coalesce(lost.lost_days, 0) as observed_days,
        greatest(coalesce(demand.sold_quantity, 0), 0) as demand_quantity,
        greatest(level.quantity - coalesce(arrival.arrived_quantity, 0), 0) as older_quantity,
        -- A store that opened last week has no dead stock yet.
        {{ as_of() }} - opening.opened_on as days_open,
        product.is_active,
        cost.unit_cost,
        product.currency
    from {{ ref('stock_levels') }} as level
    inner join {{ ref('products') }} as product on level.product_id = product.product_id
    inner join openings as opening on level.store_id = opening.store_id
    left join selling
        on level.store_id = selling.store_id
        and selling.day = case
            when level.first_stocked_on is not null then greatest(
                level.first_stocked_on, {{ as_of() }} - cast({{ setting('demand_days') }} as integer)
            )
        end
    left join lost on level.store_id = lost.store_id and level.product_id = lost.product_id
    left join demand on level.store_id = demand.store_id and level.product_id = demand.product_id
    left join arrivals as arrival on level.store_id = arrival.store_id and level.product_id = arrival.product_id
    left join {{ ref('int_product_costs') }} as cost
        on product.product_id = cost.product_id
        and product.currency = cost.currency
        and {{ as_of() }} >= cost.valid_from
        and {{ as_of() }} < cost.valid_before
),

-- No sale on a few days says nothing yet.
rated as (
    select
        *,
        demand_quantity = 0 and observed_days < {{ setting('min_observed_days') }} as is_unproven,
        case when not is_unproven then {{ ratio('demand_quantity', 'observed_days', 6) }} end as daily_rate,
        case
            when available_quantity <= 0 then 0
            else {{ ratio('available_quantity * observed_days', 'demand_quantity', 2) }}
        end as days_of_cover
    from measured
),

flagged as (
    select
        *,
        available_quantity <= 0 and is_active as is_stock_out,
        available_quantity > 0 and is_active and coalesce(days_of_cover < {{ setting('low_stock_days') }}, false)
            as is_low_stock,
        available_quantity > 0 and coalesce(days_of_cover > {{ setting('overstock_days') }}, false) as is_overstock,
        available_quantity > 0
        and older_quantity > 0
        and coalesce(days_since_sale >= {{ setting('dead_stock_days') }}, true)
        and coalesce(days_open >= {{ setting('dead_stock_days') }}, false) as is_dead_stock
    from rated
)

select
    store_id,
    product_id,
    quantity,
    available_quantity,
    observed_days,
    daily_rate,
    days_of_cover,
    last_sold_on,
    days_since_sale,
    case when quantity is not null then is_stock_out end as is_stock_out,
    case when quantity is not null then is_low_stock end as is_low_stock,
    case when quantity is not null then is_overstock end as is_overstock,
    case when quantity is not null then is_dead_stock end as is_dead_stock,
    case
        when quantity is null then 'never_counted'
        when is_stock_out then 'stock_out'
        when available_quantity <= 0 then 'delisted'
        when is_dead_stock then 'dead_stock'
        when is_low_stock then 'low_stock'
        when is_overstock then 'overstock'
        when is_unproven then 'too_early'
        when demand_quantity = 0 then 'no_demand'
        else 'healthy'
    end as status,
    case
        when quantity is not null
            then {{ round_amount(extended('greatest(quantity, 0)', 'unit_cost'), 'currency') }}
    end as stock_value,
    currency
from flagged
