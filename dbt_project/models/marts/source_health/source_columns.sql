with counted as (
    select
        drops.source,
        profiles.feed,
        drops."partition" as admitted_on,
        profiles.rows,
        drops.may_be_quoted,
        unnest(profiles.by_column) as filled
    from {{ source('lake', 'file_profiles') }} as profiles
    inner join {{ source('ledger', 'loads') }} as loads
        on profiles.content_key = loads.content_key and profiles.feed = loads.feed
    inner join {{ ref('int_drops') }} as drops on loads.sequence = drops.sequence and drops.state = 'loaded'
),

by_day as (
    select
        source,
        feed,
        admitted_on,
        filled['name'] as column_name,
        cast(sum(rows) as bigint) as rows,
        cast(sum(filled['nulls']) as bigint) as nulls,
        -- What is too various to be coded in one file is not in another.
        case
            when bool_and(filled['words'] is not null and may_be_quoted)
                then list_sort(list_distinct(flatten(list(filled['words']))))
        end as words
    from counted
    group by all
)

select
    source,
    feed,
    admitted_on,
    column_name,
    rows,
    nulls,
    {{ ratio('nulls', 'rows') }} as null_share,
    case
        when len(words) <= {{ setting('source_words') }}
            then list_sort(list_distinct(list_transform(words, lambda word: {{ code_only('word') }})))
    end as words
from by_day
