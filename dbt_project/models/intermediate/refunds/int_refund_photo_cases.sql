-- Which return case a photo belongs to: the folder it was dropped in says it, or else a manifest. Names are used again
-- (IMG_0001.jpg), so a photo takes the manifest of its own night, or else that of the first later night that names it,
-- unless another photo of that name has come by then; within a night the newest row counts. Names are compared without
-- case, and as one however their accents are encoded.
with manifests as (
    select
        {{ file_key('file_name') }} as name,
        listed_on,
        arg_max(case_id, (_sequence, _record)) as case_id
    from {{ ref('stg_refund_manifests') }}
    group by {{ file_key('file_name') }}, listed_on
),

photos as (
    select
        image.sequence,
        {{ file_key('image.name') }} as name,
        nfc_normalize(image.folder_case_id) as folder_case_id,
        image.admitted_on,
        min(image.admitted_on) over (
            partition by {{ file_key('image.name') }}, image.folder_case_id is null
            order by image.admitted_on
            range between interval 1 day following and unbounded following
        ) as name_again_on
    from {{ source('lake', 'refund_images') }} as image
    -- A photo that was withdrawn since it was listed is gone at once.
    inner join {{ source('ledger', 'drops') }} as drops on image.sequence = drops.sequence and drops.state = 'loaded'
),

listed as (
    select photos.sequence, manifests.listed_on, manifests.case_id
    from photos
    asof inner join manifests on photos.name = manifests.name and photos.admitted_on <= manifests.listed_on
    where photos.name_again_on is null or manifests.listed_on < photos.name_again_on
)

select
    photos.sequence,
    coalesce(photos.folder_case_id, named.case_id) as case_id,
    case
        when photos.folder_case_id is not null then 'folder'
        when named.listed_on = photos.admitted_on then 'manifest'
        when named.listed_on is not null then 'later_manifest'
    end as linked_by
from photos
left join listed as named on photos.sequence = named.sequence
