select
    business_date,
    coalesce(item_class, 'unclassified') as item_class,
    count(*) as photos,
    count(distinct case_id) as cases,
    {{ ratio('avg(confidence)', '1') }} as mean_confidence,
    count(*) filter (needs_review) as photos_to_review,
    count(*) filter (relabelled_class is not null) as photos_relabelled,
    count(*) filter (is_mismatch is not null) as photos_with_declared_class,
    count(*) filter (is_mismatch) as mismatches
from {{ ref('refund_items') }}
group by business_date, coalesce(item_class, 'unclassified')
