with lines as (
    select *
    from {{ ref('int_judged_order_lines') }}
),

-- What a product costs by its last order, in proportion to its first.
prices as (
    select
        supplier_id,
        product_id,
        sum(ordered_quantity) as quantity,
        arg_max(unit_cost, row(ordered_at, po_id, line_number))
        / arg_min(unit_cost, row(ordered_at, po_id, line_number)) as ratio
    from lines
    where unit_cost > 0
    group by supplier_id, product_id, currency
),

drifts as (
    select supplier_id, {{ ratio('sum(quantity * (ratio - 1))', 'sum(quantity)') }} as price_drift
    from prices
    group by supplier_id
),

measured as (
    select
        supplier_id,
        count(distinct po_id) as order_count,
        count(*) as line_count,
        count(lead_days) as delivered_lines,
        count(*) filter (where is_late) as late_lines,
        {{ ratio('sum(lead_days)', 'count(lead_days)', 2) }} as lead_time_days,
        cast(round(stddev_pop(lead_days), 2) as decimal(9, 2)) as lead_time_spread_days,
        max(lead_days) as longest_lead_time_days,
        {{ ratio('sum(stated_days)', 'count(stated_days)', 2) }} as stated_lead_time_days,
        {{ ratio('sum(least(greatest(received_quantity, 0), ordered_quantity)) filter (where is_closed or is_past_due)',
            'sum(ordered_quantity) filter (where is_closed or is_past_due)') }} as fill_rate,
        {{ ratio('count(*) filter (where delay_days = 0)', 'count(delay_days)') }} as on_time_rate,
        {{ ratio('sum(delay_days)', 'count(delay_days)', 2) }} as mean_days_late
    from lines
    group by supplier_id
)

select
    measured.supplier_id,
    measured.order_count,
    measured.line_count,
    measured.delivered_lines,
    measured.late_lines,
    measured.lead_time_days,
    measured.lead_time_spread_days,
    measured.longest_lead_time_days,
    measured.stated_lead_time_days,
    measured.fill_rate,
    measured.on_time_rate,
    measured.mean_days_late,
    drifts.price_drift
from measured
left join drifts on measured.supplier_id = drifts.supplier_id
