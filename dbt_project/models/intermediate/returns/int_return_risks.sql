-- What was told of each case as it stands now; while that is not told yet, what was told last. A case may come to stand
-- again as it once did, and a night that is run again tells at the same instant.
with told as (
    select
        risk.*,
        (
            (risk.scored_moment, risk.inputs_digest) = (cases.scored_moment, cases.inputs_digest),
            risk.scored_at,
            risk.scored_moment
        ) as standing
    from {{ source('lake', 'escalation_scores') }} as risk
    inner join {{ ref('int_return_cases') }} as cases on risk.case_id = cases.case_id
)

select
    case_id,
    arg_max(score, standing) as score,
    arg_max(label, standing) as label,
    arg_max(reason_codes, standing) as reason_codes,
    arg_max(scored_at, standing) as scored_at
from told
group by case_id
