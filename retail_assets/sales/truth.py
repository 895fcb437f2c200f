"""Do the tills' units come out of the marts as they went over the counter?"""

from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, compare


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Days of stores whose units are exact in sales_daily."""
    query = """
        select
            concat_ws(' ', told.store_id, told.business_date) as name,
            coalesce(published.units = told.units, false) as found
        from told
        left join (
            select store_id, business_date, sum(quantity) as units from sales_daily group by all
        ) as published using (store_id, business_date)
    """
    return [compare(platform, "sales", "days of stores, units exact", query, told=truth("sales/store_days"))]
