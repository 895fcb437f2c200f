with judged as (
    select
        cast(subject as bigint) as sequence,
        arg_max(verdict, entry) as verdict
    from {{ source('ledger', 'decisions') }}
    where kind = 'judge_gate' and accepted
    group by subject
)

select
    report.store_id,
    report.merchant_id,
    report.business_date,
    cast(sum(report.visitors) as bigint) as visitors,
    sum(report.visitors) / {{ setting('gate_open_hours') }} as visitors_per_hour
from {{ source('lake', 'gate_counts') }} as report
left join judged on report.sequence = judged.sequence
where coalesce(judged.verdict, 'fine') = 'fine'
group by all
