"""Do the tills' units come out of the marts as they went over the counter?"""

from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, ask_published


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Days of stores whose units are exact in sales_daily."""
    sold = truth("sales/store_days")
    found = ask_published(
        platform,
        """
        select count(*) as exact
        from sold
        inner join (
            select store_id, business_date, sum(quantity) as units from sales_daily group by all
        ) as published on sold.store_id = published.store_id and sold.business_date = published.business_date
        where sold.units = published.units
        """,
        sold=sold,
    )
    return [TruthFound("sales", "days of stores, units exact", sold.height, found.item())]
