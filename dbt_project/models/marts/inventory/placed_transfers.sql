-- Transfers that were approved, and whether a store booked them. A booking under the id of the transfer is its own. Stores
-- may number transfers themselves, so one over the same product between the same stores counts as well, whatever its
-- quantity, from the night on that proposed the transfer: of those that are waited for each has one, the oldest first.
with decided as (
    {{ last_decided('transfer_decisions') }}
),

kept as (
    select
        placed.*,
        coalesce(decided.state = {{ sql_string(constant('proposal').rejected) }}, false) as is_taken_back,
        placed.placed_on > {{ as_of() }} - cast({{ setting('replenish_unconfirmed_days') }} as integer) as is_waited_for
    from {{ source('lake', 'placed_transfers') }} as placed
    left join decided on placed.transfer_id = decided.subject
),

bookings as (
    select
        transfer_id,
        product_id,
        case kind when 'transfer_out' then store_id else counterpart_store_id end as origin_store_id,
        case kind when 'transfer_out' then counterpart_store_id else store_id end as destination_store_id,
        min(business_date) as booked_on
    from {{ ref('stock_movements') }}
    where
        kind in ('transfer_out', 'transfer_in')
        and business_date >= (select min(planned_on) from {{ source('lake', 'placed_transfers') }})
    group by all
),

own as (
    select transfer_id, product_id, min(booked_on) as booked_on
    from bookings
    group by transfer_id, product_id
),

other as (
    select bookings.*
    from bookings
    anti join kept on bookings.transfer_id = kept.transfer_id and bookings.product_id = kept.product_id
),

open as (
    select
        kept.*,
        min(planned_on) over route as since,
        row_number() over (route order by planned_on, transfer_id) as number
    from kept
    anti join own on kept.transfer_id = own.transfer_id and kept.product_id = own.product_id
    where not is_taken_back
    window route as (partition by is_waited_for, product_id, origin_store_id, destination_store_id)
),

told as (
    select
        other.*,
        row_number() over (
            partition by other.product_id, other.origin_store_id, other.destination_store_id
            order by other.booked_on, other.transfer_id
        ) as number
    from other
    inner join (select distinct product_id, origin_store_id, destination_store_id, since from open where is_waited_for)
        as waiting
        on
            other.product_id = waiting.product_id
            and other.origin_store_id = waiting.origin_store_id
            and other.destination_store_id = waiting.destination_store_id
            and other.booked_on >= waiting.since
),

met as (
    select open.transfer_id, told.booked_on
    from open
    inner join told
        on
            open.product_id = told.product_id
            and open.origin_store_id = told.origin_store_id
            and open.destination_store_id = told.destination_store_id
            and open.number = told.number
            and open.planned_on <= told.booked_on
    where open.is_waited_for
    union all
    -- Nobody waits for these any more, and nothing depends on which booking was whose.
    select open.transfer_id, min(other.booked_on) as booked_on
    from open
    inner join other
        on
            open.product_id = other.product_id
            and open.origin_store_id = other.origin_store_id
            and open.destination_store_id = other.destination_store_id
            and other.booked_on between open.planned_on
            and open.placed_on + 2 * cast({{ setting('replenish_unconfirmed_days') }} as integer)
    where not open.is_waited_for
    group by open.transfer_id
)

select
    kept.transfer_id,
    kept.planned_on,
    kept.placed_on,
    kept.product_id,
    kept.origin_store_id,
    kept.destination_store_id,
    case
        when coalesce(own.booked_on, met.booked_on) is not null then {{ sql_string(constant('sending').booked) }}
        when kept.is_taken_back then {{ sql_string(constant('sending').taken_back) }}
        when kept.is_waited_for then {{ sql_string(constant('sending').to_send) }}
        else {{ sql_string(constant('sending').forgotten) }}
    end as status,
    coalesce(own.booked_on, met.booked_on) as booked_on,
    kept.quantity,
    kept.currency,
    kept.amount
from kept
left join own on kept.transfer_id = own.transfer_id and kept.product_id = own.product_id
left join met on kept.transfer_id = met.transfer_id
