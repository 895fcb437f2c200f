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
),

-- What became of its rows since.
own as (
    select
        sequence,
        count(*) filter (where effect = 'without_effect') as without_effect,
        count(*) filter (where effect = 'replaced_by_other_source') as lost_to_others
    from {{ ref('replaced_rows') }}
    group by sequence
),

-- What it did to rows of other files, by feed.
others as (
    select
        by_sequence,
        feed,
        count(*) filter (where effect = 'replaced_by_other_source') as of_other_sources,
        string_agg(distinct source, ', ' order by source) filter (where effect = 'replaced_by_other_source') as sources,
        count(*) filter (where effect = 'removed') as removed,
        count(*) filter (where effect = 'key_reused') as reused
    from {{ ref('replaced_rows') }}
    where effect != 'without_effect'
    group by by_sequence, feed
),

done as (
    select
        by_sequence as sequence,
        sum(of_other_sources) as of_other_sources,
        string_agg(of_other_sources || ' of ' || sources || ' in ' || feed, '; ' order by feed)
            filter (where of_other_sources > 0) as sources,
        sum(removed) as removed,
        string_agg(removed || ' in ' || feed, '; ' order by feed) filter (where removed > 0) as removed_where,
        sum(reused) as reused
    from others
    group by by_sequence
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
    case when drops.state = 'loaded' then coalesce(own.without_effect, 0) end as rows_without_effect,
    case when drops.state = 'loaded' then coalesce(own.lost_to_others, 0) end as rows_lost_to_other_sources,
    case when drops.state = 'loaded' then cast(coalesce(done.of_other_sources, 0) as bigint) end
        as rows_replaced_of_other_sources,
    done.sources as replaced_of_sources,
    case when drops.state = 'loaded' then cast(coalesce(done.removed, 0) as bigint) end as rows_removed,
    done.removed_where as removed_where,
    case when drops.state = 'loaded' then cast(coalesce(done.reused, 0) as bigint) end as rows_of_reused_keys,
    drops.unknown_columns,
    drops.encoding_doubt,
    drops.parent as came_in
from {{ ref('int_drops') }} as drops
left join counts on drops.sequence = counts.sequence
left join own on drops.sequence = own.sequence
left join done on drops.sequence = done.sequence
