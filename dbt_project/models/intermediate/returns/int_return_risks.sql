-- What was told last of each case.
select
    case_id,
    arg_max(score, (scored_at, scored_moment)) as score,
    arg_max(label, (scored_at, scored_moment)) as label,
    arg_max(reason_codes, (scored_at, scored_moment)) as reason_codes,
    max(scored_at) as scored_at
from {{ source('lake', 'escalation_scores') }}
group by case_id
