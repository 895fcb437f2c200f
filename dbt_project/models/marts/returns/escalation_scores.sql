select
    case_id,
    scored_on,
    scored_at,
    scored_moment,
    inputs_digest,
    score,
    label,
    reason_codes,
    contributions,
    logit,
    base_logit,
    model_name,
    model_version,
    model_source,
    contract_version,
    contract_hash
from {{ source('lake', 'escalation_scores') }}
