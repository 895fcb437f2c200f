"""Does inventory health see what the sample retailer's shelves have on purpose?"""

from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, compare


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Overstock, dead stock and stock that is out."""
    query = """
        select
            concat_ws(' ', told.product_id, told.store_id, told.state) as name,
            exists (
                from inventory_health as health
                where
                    health.product_id = told.product_id
                    and health.store_id = told.store_id
                    and case told.state
                        when 'overstock' then health.is_overstock
                        when 'dead stock' then health.is_dead_stock
                        when 'sold out' then coalesce(health.available_quantity, 0) <= 0
                    end
            ) as found
        from told
    """
    what = "stock that is too much, dead or out"
    return [compare(platform, "inventory", what, query, told=truth("inventory/states"))]
