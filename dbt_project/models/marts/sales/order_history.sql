{{ config(materialized='by_change', unit='order_id', follows=['stg_order_events'], waits=true) }}
with events as (
    select
        event_id,
        order_kind,
        order_id,
        event.at,
        business_date,
        status,
        actor,
        reason,
        list_position(
            case order_kind
                when 'sales' then ['placed', 'paid', 'packed', 'shipped', 'delivered', 'cancelled', 'returned']
                else ['draft', 'approved', 'sent', 'confirmed', 'part_received', 'received', 'cancelled']
            end,
            status
        ) as stage
    from {{ ref('stg_order_events') }} as event
    where {{ touched('order_id') }} and {{ has_come() }}
)

select
    event_id,
    order_kind,
    order_id,
    events.at as changed_at,
    business_date,
    lag(status) over life as status_before,
    status,
    lead(event_id) over life is null as is_latest,
    {{ pseudonym('actor') }} as changed_by,
    {{ code_only('reason') }} as reason_code
from events
window life as (partition by order_kind, order_id order by events.at, stage, event_id)
