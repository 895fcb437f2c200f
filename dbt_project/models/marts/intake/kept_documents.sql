-- depends_on: {{ source('feeds', 'documents') }}
with contested as (
    select documents.source, documents.document
    from state.documents as documents
    inner join {{ source('ledger', 'drops') }} as loaded
        on documents.content_key = loaded.content_key and loaded.state = 'loaded'
    group by documents.source, documents.document
    having min(documents.records) < max(documents.records) or sum(documents.rejected) > 0
),

history as (
    {{ document_history('(from contested)') }}
)

select
    history.sequence,
    drops.name,
    history.source,
    history.held.kind as kind,
    {{ quoted('history.document') }} as document,
    history.held.records as records,
    history.held.came - history.held.records as rejected,
    history.stood_before as standing_sequence,
    before.name as standing_name,
    history.records_before as standing_records,
    drops."partition" as happened_on
from history
inner join {{ ref('int_drops') }} as drops on history.sequence = drops.sequence
inner join {{ ref('int_drops') }} as before on history.stood_before = before.sequence
where history.standing != history.sequence
    and history.held.records < history.held.at_least * greatest(history.records_before, history.held.came)
