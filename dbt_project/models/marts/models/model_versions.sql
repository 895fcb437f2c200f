select
    model,
    version,
    coalesce(list_contains(string_split(alias, ', '), 'champion'), false) as is_champion,
    alias,
    origin,
    trained_at,
    registered_at,
    data_hash,
    main_metric,
    -- Both are what the registry says, which may be no JSON and no name.
    try(cast(json_extract_string(metrics, '$."' || main_metric || '"') as double)) as main_value,
    metrics,
    frozen_set,
    gate_outcome,
    gate_reason,
    promoted_at,
    promoted_by,
    run_id,
    digest
from {{ source('lake', 'registered_model_versions') }}
