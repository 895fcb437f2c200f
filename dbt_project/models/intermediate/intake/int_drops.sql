-- Whose drops may be quoted: those of which rows were admitted, and none of them as what has personal columns. What is in
-- quarantine may be anybody's, whatever folder it was dropped in: a list of customers without a header has customers for
-- its column names. The same may be a file of which every record was rejected or left out. What is no table (an archive, a
-- document of a return case) has not been read at all, and its name is free text.
with may_not as (
    select sequence from {{ source('ledger', 'loads') }} where feed in {{ of_personal_feeds() }}
    union all
    select sequence from {{ source('ledger', 'row_counts') }} where target in {{ of_personal_feeds() }}
    union all
    -- Records that a mapping sent there, of which none was admitted.
    select _sequence from {{ ref('stg_rejects') }} where feed in {{ of_personal_feeds() }}
),

drops as (
    select
        *,
        state = 'loaded'
        and sequence in (select loads.sequence from {{ source('ledger', 'loads') }} as loads)
        and folder not in {{ of_personal_feeds('inbox_folder') }}
        and sequence not in (select may_not.sequence from may_not) as may_be_quoted
    from {{ source('ledger', 'drops') }}
)

select
    sequence,
    folder,
    {{ quoted('name') }} as name,
    parent,
    size,
    modified_ns,
    sha256,
    source,
    source_version,
    admitted_at,
    "partition",
    state,
    reason,
    duplicate_of,
    records,
    {{ quoted('unknown_columns') }} as unknown_columns,
    encoding_doubt,
    may_be_quoted
from drops
