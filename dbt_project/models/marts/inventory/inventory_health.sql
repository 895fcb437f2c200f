-- Only recent sales and movements are read; what the long history says stands in stock_levels.
with window_days as (
    select cast(range as date) as day
    from range({{ as_of() }} - cast({{ setting('demand_days') }} as integer), {{ as_of() }} + 1, interval 1 day)
),

recent_sales as (
    select store_id, product_id, business_date as day, sum(quantity) as quantity, sum(units_sold) as units_sold
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

traded as (
    select distinct store_id, day
    from recent_sales
    where units_sold > 0 and day < {{ as_of() }}
),

-- A weekday's habit shows in a store that sells on most days: it is closed on one on which it never sold.
busy as (
    select store_id
    from traded
    group by store_id
    having 2 * count(*) >= cast({{ setting('demand_days') }} as integer)
),

habits as (
    select busy.store_id, isodow(days.day) as weekday, count(traded.day) > 0 as is_open
    from busy
    cross join window_days as days
    left join traded on busy.store_id = traded.store_id and days.day = traded.day
    group by busy.store_id, isodow(days.day)
),

store_days as (
    select
        opening.store_id,
        days.day,
        days.day < {{ as_of() }}
        and (
            traded.day is not null
            or (
                days.day >= coalesce(opening.opened_on, days.day)
                and coalesce(calendar.is_open, habit.is_open, true)
            )
        ) as is_selling
    from openings as opening
    cross join window_days as days
    left join traded on opening.store_id = traded.store_id and days.day = traded.day
    left join habits as habit on opening.store_id = habit.store_id and isodow(days.day) = habit.weekday
    left join {{ ref('stg_store_calendar') }} as calendar
        on opening.store_id = calendar.store_id and days.day = calendar.date
),

-- From each day on: on how many days the store sells.
selling as (
    select
        store_id,
        day,
        count(*) filter (where is_selling) over (
            partition by store_id order by day rows between current row and unbounded following
        ) as selling_days
    from store_days
),

-- What changed the stock on a day; a count that differed from the books changed it then.
steps as (
    select store_id, product_id, day, sum(units) as units, max(units_sold) as units_sold
    from (
        select store_id, product_id, day, -quantity as units, units_sold
        from recent_sales
        union all
        select store_id, product_id, business_date as day, -quantity as units, 0 as units_sold
        from {{ ref('int_returns_put_back') }}
        where business_date >= {{ as_of() }} - cast({{ setting('demand_days') }} as integer)
        union all
        select store_id, product_id, business_date as day, quantity as units, 0 as units_sold
        from {{ ref('stock_movements') }}
        where changes_stock and business_date >= {{ as_of() }} - cast({{ setting('demand_days') }} as integer)
        union all
        select store_id, product_id, counted_on as day, count_difference as units, 0 as units_sold
        from {{ ref('stock_levels') }}
        where count_difference is not null
    ) as happened
    group by store_id, product_id, day
),

-- Backwards from today's stock: what was there when a day began.
stood as (
    select
        step.store_id,
        step.product_id,
        level.available_quantity
        - sum(step.units) over (partition by step.store_id, step.product_id order by step.day desc) as opening_quantity
    from steps as step
    inner join {{ ref('stock_levels') }} as level
        on step.store_id = level.store_id and step.product_id = level.product_id
),

-- Few products run out; only their days are looked at one by one.
ran_out as (
    select store_id, product_id from {{ ref('stock_levels') }} where available_quantity <= 0
    union
    select store_id, product_id from stood where opening_quantity <= 0
),

days_of_those as (
    select
        level.store_id,
        level.product_id,
        days.day,
        days.day > coalesce(level.previous_counted_on, level.counted_on) and days.day >= level.first_stocked_on
            as is_known,
        coalesce(step.units, 0) as units,
        coalesce(step.units_sold, 0) as units_sold,
        level.available_quantity - sum(coalesce(step.units, 0)) over (
            partition by level.store_id, level.product_id order by days.day desc
        ) as opening_quantity
    from ran_out
    inner join {{ ref('stock_levels') }} as level
        on ran_out.store_id = level.store_id and ran_out.product_id = level.product_id
    cross join window_days as days
    left join steps as step
        on ran_out.store_id = step.store_id and ran_out.product_id = step.product_id and days.day = step.day
),

-- Selling days on which there was nothing to sell, from morning to evening.
lost as (
    select out.store_id, out.product_id, count(*) as lost_days
    from days_of_those as out
    inner join store_days on out.store_id = store_days.store_id and out.day = store_days.day
    where
        store_days.is_selling
        and out.is_known
        and out.units_sold = 0
        and out.opening_quantity <= 0
        and out.opening_quantity + out.units <= 0
    group by out.store_id, out.product_id
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
