-- Of every target what became of its records; the second target of a mapping for one feed is called `feed 2`.
with counted as (
    select
        sequence,
        regexp_replace(target, ' [0-9]+$', '') as feed,
        sum(records) as records,
        sum(records - filtered) as meant,
        sum(rejected) as rejected
    from {{ source('ledger', 'row_counts') }}
    group by all
),

touched as (
    select sequence, feed from counted
    union
    select sequence, feed from {{ source('ledger', 'loads') }}
)

select
    drops.source,
    touched.feed,
    drops."partition" as admitted_on,
    count(*) as files,
    cast(sum(counted.records) as bigint) as records,
    cast(coalesce(sum(loads.rows), 0) as bigint) as rows,
    cast(sum(counted.rejected) as bigint) as rejected,
    {{ ratio('sum(counted.rejected)', 'sum(counted.meant)') }} as rejected_share,
    max(profiles.newest_business_date) as newest_business_date
from touched
inner join {{ ref('int_drops') }} as drops on touched.sequence = drops.sequence and drops.state = 'loaded'
left join counted on touched.sequence = counted.sequence and touched.feed = counted.feed
left join {{ source('ledger', 'loads') }} as loads on touched.sequence = loads.sequence and touched.feed = loads.feed
left join {{ source('lake', 'file_profiles') }} as profiles
    on loads.content_key = profiles.content_key and loads.feed = profiles.feed
group by drops.source, touched.feed, drops."partition"
