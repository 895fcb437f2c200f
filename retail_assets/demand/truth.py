"""Does daily demand see the sample retailer's empty shelves?

What its customers want in the weeks to come is no truth that a forecast can be held to: the small sample's history ends
before its first Christmas trade.
"""

from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, compare


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Products that were out of stock all through the last day."""
    query = """
        select
            concat_ws(' ', told.store_id, told.product_id) as name,
            exists (
                from daily_demand as demand
                where
                    demand.store_id = told.store_id
                    and demand.product_id = told.product_id
                    and demand.is_out_of_stock
                    and demand.business_date = (select max(business_date) from daily_demand)
            ) as found
        from told
        where told.state = 'sold out'
    """
    return [
        compare(platform, "demand", "empty shelves of the last day", query, told=truth("inventory/states"))
    ]
