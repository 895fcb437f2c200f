"""Does inventory see what the sample retailer's shelves have on purpose, and is something proposed about it?"""

from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, compare


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Overstock, dead stock and stock that is out; of what is out, that it is ordered or comes from another store, and
    of overstock, that some is sent where it lacks."""
    told = truth("inventory/states")
    seen = """
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
    acted_on = """
        select
            concat_ws(' ', told.product_id, told.store_id, told.state) as name,
            exists (
                from reorder_points as point
                where
                    point.product_id = told.product_id
                    and point.store_id = told.store_id
                    and case told.state
                        when 'overstock' then point.transfer_out_quantity > 0
                        when 'sold out' then point.order_quantity > 0 or point.transfer_quantity > 0
                    end
            ) as found
        from told
        where told.state in ('overstock', 'sold out')
    """
    return [
        compare(platform, "inventory", "stock that is too much, dead or out", seen, told=told),
        compare(platform, "inventory", "too much or out, and acted on", acted_on, told=told),
    ]
