-- Invoices with their state: folded from what was read of the document and from the last decision, as Python does it
-- (retail_assets/invoices/states.py). Of attachments of one mail that are one invoice only the one that counts is here.
{% set states = constant('invoice_states') %}
with documents as (
    select document.*
    from {{ source('lake', 'invoice_documents') }} as document
    -- One that was withdrawn since it was listed is gone at once.
    inner join {{ source('ledger', 'drops') }} as drops
        on document.sequence = drops.sequence and drops.state = 'loaded'
),

decided as (
    select
        subject as invoice_id,
        entry,
        verdict,
        state_after,
        decision."at" as decided_at,
        actor,
        reason,
        payload
    from {{ source('ledger', 'decisions') }} as decision
    where kind = 'review_invoice' and accepted
    qualify row_number() over (partition by subject order by entry desc) = 1
),

with_text as (
    select distinct sequence from {{ source('lake', 'invoice_text') }}
),

replaced as (
    select superseded_by as invoice_id, list(read.sequence order by read.sequence) as other_sequences
    from {{ source('lake', 'invoice_extractions') }} as read
    inner join documents on read.sequence = documents.sequence
    where superseded_by is not null
    group by superseded_by
),

folded as (
    select
        coalesce(read.invoice_id, documents.sequence || '-1') as invoice_id,
        documents.sequence,
        documents.name as file_name,
        documents.kind,
        documents.bytes,
        documents.sha256,
        documents.mail_sequence,
        documents.sender,
        documents.subject as mail_subject,
        documents.sent_at,
        documents.admitted_at,
        documents.admitted_on as business_date,
        replaced.other_sequences,
        case
            when decided.verdict != 'retry' then decided.state_after
            when decided.entry > coalesce(read.answers_entry, 0) then '{{ states.received }}'
            when read.invoice_id is null and with_text.sequence is not null then '{{ states.processing }}'
            when read.invoice_id is null then '{{ states.received }}'
            when read.status = 'failed' then '{{ states.failed }}'
            else '{{ states.preview }}'
        end as state,
        decided.verdict,
        decided.actor as decided_by,
        decided.decided_at,
        decided.reason,
        case when decided.verdict = 'confirm' then json_extract(decided.payload, '$.corrected') end as corrected,
        read.engine,
        read.method,
        read.pages,
        read.status,
        read.error,
        read.summary,
        read.least_confidence,
        read.fields,
        read.lines,
        read.taxes,
        list_concat(coalesce(read.findings, []), coalesce(checked.findings, [])) as findings,
        drawn.pictures,
        read.model,
        read.model_tokens,
        read.model_cost,
        {% for name in constant('invoice_corrected_texts') %}
        {{ as_corrected(name, 'varchar') }},
        {% endfor %}
        {% for name in constant('invoice_corrected_dates') %}
        {{ as_corrected(name, 'date') }},
        {% endfor %}
        {% for name in constant('invoice_corrected_amounts') %}
        {{ as_corrected(name, 'decimal(18, 6)') }},
        {% endfor %}
        checked.supplier_id,
        checked.supplier_matched_by,
        checked.supplier_similarity,
        checked.po_id,
        checked.twin_invoice_id,
        checked.duplicate_by,
        checked.confirm_evidence
    from documents
    left join {{ source('lake', 'invoice_extractions') }} as read on documents.sequence = read.sequence
    left join with_text on documents.sequence = with_text.sequence
    left join decided on coalesce(read.invoice_id, documents.sequence || '-1') = decided.invoice_id
    left join replaced on read.invoice_id = replaced.invoice_id
    left join {{ source('lake', 'invoice_checks') }} as checked on read.invoice_id = checked.invoice_id
    left join {{ source('lake', 'invoice_pictures') }} as drawn on read.invoice_id = drawn.invoice_id
    where read.superseded_by is null
)

select
    *,
    -- A code: what people and documents say themselves is for operations.
    case state
        when '{{ states.confirmed }}' then if(decided_by = 'auto', 'auto', 'person')
        when '{{ states.rejected }}' then {{ code_only('reason') }}
        when '{{ states.failed }}' then 'unreadable'
        when '{{ states.received }}' then if(verdict = 'retry', 'retry', 'new')
        when '{{ states.preview }}'
            then coalesce(
                nullif(array_to_string({{ checks_of('findings', 'error') }}, ', '), ''),
                case
                    when twin_invoice_id is not null then 'duplicate'
                    when status = 'preview' then 'unproven'
                    else 'waiting'
                end
            )
    end as status_reason
from folded
