-- Transfers that were approved, and whether a store booked them. A booking under the id of the transfer is its own. Stores
-- may number transfers themselves, so one over the same product between the same stores counts as well, whatever its
-- quantity, from the night on that proposed the transfer for as long as it is waited for: each stands for one transfer, the
-- oldest first. What a booking stands for is the same on every later night.
with recursive decided as (
    {{ last_decided('transfer_decisions') }}
),

waiting as (
    select
        placed.*,
        coalesce(decided.state = {{ sql_string(constant('proposal').rejected) }}, false) as is_taken_back,
        placed.placed_on + cast({{ setting('replenish_unconfirmed_days') }} as integer) as forgotten_on,
        -- What a store booked before it was rejected stays booked.
        case
            when is_taken_back then least(
                forgotten_on, cast(timezone('{{ setting("time_zone") }}', decided.decided_at) as date)
            )
            else forgotten_on
        end as waited_until
    from {{ source('lake', 'placed_transfers') }} as placed
    left join decided on placed.transfer_id = decided.subject
),

-- What left before it was proposed and arrived afterwards is no booking of it.
bookings as (
    select
        transfer_id,
        product_id,
        case kind when 'transfer_out' then store_id else counterpart_store_id end as origin_store_id,
        case kind when 'transfer_out' then counterpart_store_id else store_id end as destination_store_id,
        min(business_date) as booked_on
    from {{ ref('stock_movements') }}
    where kind in ('transfer_out', 'transfer_in')
    group by all
    having max(business_date) >= (select min(planned_on) from {{ source('lake', 'placed_transfers') }})
),

own as (
    select transfer_id, product_id, min(booked_on) as booked_on
    from bookings
    group by transfer_id, product_id
),

open as (
    select
        waiting.*,
        row_number() over (
            partition by product_id, origin_store_id, destination_store_id order by planned_on, transfer_id
        ) as number
    from waiting
    anti join own on waiting.transfer_id = own.transfer_id and waiting.product_id = own.product_id
),

other as (
    select
        bookings.*,
        row_number() over (
            partition by product_id, origin_store_id, destination_store_id order by booked_on, transfer_id
        ) as number
    from bookings
    anti join waiting on bookings.transfer_id = waiting.transfer_id and bookings.product_id = waiting.product_id
),

-- The transfers of a route one after the other: each takes the first booking in its days that the ones before left.
met as (
    select distinct
        product_id,
        origin_store_id,
        destination_store_id,
        cast(0 as bigint) as number,
        cast(null as varchar) as transfer_id,
        cast(null as date) as booked_on,
        cast(0 as bigint) as taken
    from open
    union all
    select
        met.product_id,
        met.origin_store_id,
        met.destination_store_id,
        open.number,
        open.transfer_id,
        min(other.booked_on) as booked_on,
        coalesce(min(other.number), met.taken) as taken
    from met
    inner join open
        on
            met.product_id = open.product_id
            and met.origin_store_id = open.origin_store_id
            and met.destination_store_id = open.destination_store_id
            and met.number + 1 = open.number
    left join other
        on
            open.product_id = other.product_id
            and open.origin_store_id = other.origin_store_id
            and open.destination_store_id = other.destination_store_id
            and met.taken < other.number
            and open.planned_on <= other.booked_on
            and open.waited_until > other.booked_on
    group by
        met.product_id, met.origin_store_id, met.destination_store_id, met.taken, open.number, open.transfer_id
),

-- Of what nobody waits for any more a booking tells that no other transfer has.
late as (
    select open.transfer_id, min(other.booked_on) as booked_on
    from open
    inner join other
        on
            open.product_id = other.product_id
            and open.origin_store_id = other.origin_store_id
            and open.destination_store_id = other.destination_store_id
            and other.booked_on between open.forgotten_on
            and open.forgotten_on + cast({{ setting('replenish_unconfirmed_days') }} as integer)
    anti join met
        on
            other.product_id = met.product_id
            and other.origin_store_id = met.origin_store_id
            and other.destination_store_id = met.destination_store_id
            and other.number = met.taken
    where not open.is_taken_back
    group by open.transfer_id
),

booked as (
    select
        waiting.*,
        coalesce(own.booked_on, met.booked_on, late.booked_on) as booked_on
    from waiting
    left join own on waiting.transfer_id = own.transfer_id and waiting.product_id = own.product_id
    left join met on waiting.transfer_id = met.transfer_id
    left join late on waiting.transfer_id = late.transfer_id
)

select
    transfer_id,
    planned_on,
    placed_on,
    product_id,
    origin_store_id,
    destination_store_id,
    case
        when booked_on is not null then {{ sql_string(constant('sending').booked) }}
        when is_taken_back then {{ sql_string(constant('sending').taken_back) }}
        when forgotten_on > {{ as_of() }} then {{ sql_string(constant('sending').to_send) }}
        else {{ sql_string(constant('sending').forgotten) }}
    end as status,
    booked_on,
    quantity,
    currency,
    amount
from booked
