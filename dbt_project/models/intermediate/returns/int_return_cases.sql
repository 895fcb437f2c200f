{{ config(
    materialized='by_change', unit='case_id',
    follows=['stg_return_cases', 'return_case_history'],
    also={'macro': 'return_cases_with_other_photos', 'from': []},
) }}
-- Where cases stand. Both times that were promised run from the creation of a case, by the priority that it has now; see
-- promised_times for clocks that stand still.
with cases as (
    select *
    from {{ ref('stg_return_cases') }}
    where {{ touched('case_id') }} and {{ has_come() }}
),

history as (
    select
        case_id,
        arg_max(status, step) as status,
        arg_max(priority, step) as priority,
        arg_max(assigned_to, step) as assigned_to,
        min(happened_at) filter (where is_answer) as first_responded_at,
        min(happened_at) filter (where type = 'escalated' and broken_rule is null) as escalated_at,
        -- Of a case that was closed by its own row, nobody knows when.
        min(happened_at) filter (
            where status in {{ sql_list(constant('return_final_statuses')) }}
            and type = 'status_changed' and broken_rule is null
        ) as resolved_at,
        max(happened_at) filter (where broken_rule is null) as last_event_at,
        max(happened_at) filter (where broken_rule is null and type != 'risk_scored' and happened_at < ended_at)
            as scored_moment,
        count(*) filter (where type = 'status_changed' and broken_rule is null) as status_changes,
        count(*) filter (where type = 'assigned' and broken_rule is null) as assignments,
        count(*) filter (where type = 'document_added' and broken_rule is null) as documents,
        count(broken_rule) as violations
    from (
        select
            *,
            coalesce(
                min(happened_at) filter (
                    where broken_rule is null
                    and (type = 'escalated' or status in {{ sql_list(constant('return_final_statuses')) }})
                ) over (partition by case_id),
                'infinity'
            ) as ended_at,
            broken_rule is null
            and (origin = 'decision' or actor_role in ('ops', 'admin'))
            and type in ('status_changed', 'priority_changed', 'assigned', 'note_added', 'document_added')
                as is_answer
        from {{ ref('return_case_history') }}
        where {{ touched('case_id') }}
    ) as entry
    group by case_id
)
{%- if clocks_stand_still() %},

{{ promised_times() }}
{%- endif %}

select
    cases.case_id,
    cases.business_date,
    cases.order_reference,
    cases.customer_id,
    cases.merchant_id,
    cases.store_id,
    cases.product_id,
    cases.item_category,
    cases.return_reason,
    cases.customer_message,
    cases.order_value,
    cases.currency,
    cases.channel,
    cases.delivery_date,
    cases.created_at,
    history.status,
    history.priority,
    history.assigned_to,
    history.status not in {{ sql_list(constant('return_final_statuses')) }} as is_active,
    {%- if clocks_stand_still() %}
    promised.first_response_due_at,
    promised.sla_due_at,
    {%- else %}
    cases.created_at + to_hours(sla.first_response_hours) as first_response_due_at,
    cases.created_at + to_hours(sla.resolution_hours) as sla_due_at,
    {%- endif %}
    history.first_responded_at,
    history.escalated_at,
    history.resolved_at,
    history.last_event_at,
    coalesce(history.scored_moment, cases.created_at) as scored_moment,
    md5(
        row(
            customer_id, merchant_id, store_id, product_id, item_category, return_reason, customer_message,
            order_value, channel, delivery_date, history.priority, history.assigned_to, photos.photo_disagrees
        )::varchar
    ) as inputs_digest,
    history.status_changes,
    history.assignments,
    history.documents,
    photos.photo_disagrees,
    history.violations
from cases
inner join history on cases.case_id = history.case_id
left join (
    {{ return_photos('history') }}
) as photos on cases.case_id = photos.case_id
inner join (values {{ return_sla() }}) as sla (priority, rank, first_response_hours, resolution_hours)
    on history.priority = sla.priority
{%- if clocks_stand_still() %}
inner join promised on cases.case_id = promised.case_id
{%- endif %}
