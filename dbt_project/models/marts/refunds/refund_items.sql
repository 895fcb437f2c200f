with relabels as (
    select
        cast(subject as bigint) as sequence,
        arg_max(verdict, entry) as relabelled_class,
        arg_max({{ pseudonym('actor') }}, entry) as relabelled_by,
        arg_max(decision.at, entry) as relabelled_at
    from {{ source('ledger', 'decisions') }} as decision
    where kind = 'relabel_item' and accepted
    group by subject
),

cases as (
    select
        case_id,
        merchant_id,
        store_id,
        product_id,
        item_category,
        trim(regexp_replace(lower(item_category), '[\s\p{Z}]+', ' ', 'g')) as plain_category
    from {{ ref('stg_return_cases') }}
    where {{ has_come() }}
),

categories as (
    select item_category as plain_category, list(class order by position) as classes
    from {{ source('lake', 'refund_item_categories') }}
    group by item_category
),

photos as (
    select
        image.sequence,
        image.name as file_name,
        image.sha256,
        image.format,
        image.width,
        image.height,
        image.bytes,
        image.admitted_at,
        image.admitted_on as business_date,
        photo_case.case_id,
        photo_case.linked_by,
        prediction.predicted_class,
        prediction.confidence,
        prediction.top_k,
        prediction.entropy,
        prediction.needs_review,
        prediction.model_name,
        prediction.model_version,
        prediction.model_source,
        prediction.error as prediction_error,
        relabels.relabelled_class,
        relabels.relabelled_by,
        relabels.relabelled_at,
        coalesce(relabels.relabelled_class, prediction.predicted_class) as item_class
    from {{ source('lake', 'refund_images') }} as image
    inner join {{ ref('int_refund_photo_cases') }} as photo_case on image.sequence = photo_case.sequence
    left join {{ source('lake', 'refund_item_predictions') }} as prediction on image.sequence = prediction.sequence
    left join relabels on image.sequence = relabels.sequence
),

declared as (
    select
        photos.*,
        cases.merchant_id,
        cases.store_id,
        cases.product_id,
        cases.item_category as declared_category,
        -- Of several classes that the category stands for, the one that the photo shows.
        case
            when cases.case_id is null then null
            when list_contains(categories.classes, photos.item_class) then photos.item_class
            else coalesce(categories.classes[1], 'unknown')
        end as declared_class
    from photos
    left join cases on photos.case_id = cases.case_id
    left join categories on cases.plain_category = categories.plain_category
)

select
    sequence,
    business_date,
    case_id,
    linked_by,
    item_class,
    predicted_class,
    confidence,
    top_k,
    entropy,
    -- A person's word ends the review; a photo that could not be scored needs one.
    relabelled_class is null and coalesce(needs_review, true) as needs_review,
    relabelled_class,
    relabelled_by,
    relabelled_at,
    declared_category,
    declared_class,
    case when declared_class != 'unknown' then declared_class != item_class end as is_mismatch,
    merchant_id,
    store_id,
    product_id,
    file_name,
    format,
    width,
    height,
    bytes,
    sha256,
    admitted_at,
    prediction_error,
    model_name,
    model_version,
    model_source
from declared
