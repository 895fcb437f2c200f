-- Which return case a photo belongs to: the folder it was dropped in says it, or else a manifest. Names are used again
-- (IMG_0001.jpg), so a photo takes the manifest of its own night, or else that of the first later night that names it;
-- within a night the newest row counts.
with manifests as (
    select
        lower(file_name) as name,
        listed_on,
        arg_max(case_id, (_sequence, _record)) as case_id
    from {{ ref('stg_refund_manifests') }}
    group by lower(file_name), listed_on
),

photos as (
    select image.sequence, lower(image.name) as name, image.folder_case_id, image.admitted_on
    from {{ source('lake', 'refund_images') }} as image
    -- A photo that was withdrawn since it was listed is gone at once.
    inner join {{ source('ledger', 'drops') }} as drops on image.sequence = drops.sequence and drops.state = 'loaded'
)

select
    photos.sequence,
    coalesce(photos.folder_case_id, manifests.case_id) as case_id,
    case
        when photos.folder_case_id is not null then 'folder'
        when manifests.listed_on = photos.admitted_on then 'manifest'
        when manifests.listed_on is not null then 'later_manifest'
    end as linked_by
from photos
asof left join manifests on photos.name = manifests.name and photos.admitted_on <= manifests.listed_on
