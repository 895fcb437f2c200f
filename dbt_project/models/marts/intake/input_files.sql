with counts as (
    select
        sequence,
        sum(records) as records,
        sum(admitted) as admitted,
        sum(routed) as routed,
        sum(filtered) as filtered,
        sum(duplicate) as duplicate,
        sum(rejected) as rejected,
        sum(flagged) as flagged
    from {{ source('ledger', 'row_counts') }}
    group by sequence
)

select
    drops.sequence,
    drops.folder,
    drops.name,
    drops.size as bytes,
    drops.sha256,
    drops.source,
    drops.source_version,
    make_timestamptz(drops.modified_ns // 1000) as modified_at,
    drops.admitted_at,
    drops."partition" as admitted_on,
    drops.state,
    drops.reason,
    drops.duplicate_of,
    cast(coalesce(counts.records, drops.records) as bigint) as records,
    cast(counts.admitted as bigint) as admitted,
    cast(counts.routed as bigint) as sent_elsewhere,
    cast(counts.filtered as bigint) as left_out,
    cast(counts.duplicate as bigint) as duplicate,
    cast(counts.rejected as bigint) as rejected,
    cast(counts.flagged as bigint) as flagged_rows,
    drops.unknown_columns,
    drops.encoding_doubt,
    drops.parent as came_in
from {{ ref('int_drops') }} as drops
left join counts on drops.sequence = counts.sequence
