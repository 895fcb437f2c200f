-- Only recent sales and movements are read; what the long history says stands in stock_levels.
with demand as (
    select store_id, product_id, sum(quantity) as sold_quantity
    from {{ ref('sales_daily') }}
    where
        business_date >= {{ as_of() }} - {{ setting('demand_days') }}
        and business_date < {{ as_of() }}
    group by store_id, product_id
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

-- A store that opened last week shows a week's demand, and has no dead stock yet.
openings as (
    select store_id, {{ as_of() }} - min(first_sold_on) as days_open
    from {{ ref('stock_levels') }}
    group by store_id
),

measured as (
    select
        level.store_id,
        level.product_id,
        level.quantity,
        level.last_sold_on,
        {{ as_of() }} - level.last_sold_on as days_since_sale,
        least(opening.days_open, {{ setting('demand_days') }}) as observed_days,
        greatest(coalesce(demand.sold_quantity, 0), 0) as demand_quantity,
        greatest(level.quantity - coalesce(arrival.arrived_quantity, 0), 0) as older_quantity,
        opening.days_open,
        product.is_active,
        product.cost_price,
        product.currency
    from {{ ref('stock_levels') }} as level
    inner join {{ ref('products') }} as product on level.product_id = product.product_id
    inner join openings as opening on level.store_id = opening.store_id
    left join demand on level.store_id = demand.store_id and level.product_id = demand.product_id
    left join arrivals as arrival on level.store_id = arrival.store_id and level.product_id = arrival.product_id
),

rated as (
    select
        *,
        {{ ratio('demand_quantity', 'observed_days', 6) }} as daily_rate,
        case
            when quantity <= 0 then 0
            else {{ ratio('quantity * observed_days', 'demand_quantity', 2) }}
        end as days_of_cover
    from measured
),

flagged as (
    select
        *,
        quantity <= 0 and is_active as is_stock_out,
        quantity > 0 and is_active and coalesce(days_of_cover < {{ setting('low_stock_days') }}, false)
            as is_low_stock,
        quantity > 0 and coalesce(days_of_cover > {{ setting('overstock_days') }}, false) as is_overstock,
        quantity > 0
        and older_quantity > 0
        and coalesce(days_since_sale >= {{ setting('dead_stock_days') }}, true)
        and coalesce(days_open >= {{ setting('dead_stock_days') }}, false) as is_dead_stock
    from rated
)

select
    store_id,
    product_id,
    quantity,
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
        when quantity <= 0 then 'delisted'
        when is_dead_stock then 'dead_stock'
        when is_low_stock then 'low_stock'
        when is_overstock then 'overstock'
        when demand_quantity = 0 then 'no_demand'
        else 'healthy'
    end as status,
    case
        when quantity is not null
            then {{ round_amount(extended('greatest(quantity, 0)', 'cost_price'), 'currency') }}
    end as stock_value,
    currency
from flagged
