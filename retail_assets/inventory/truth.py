"""Does inventory health see what the sample retailer's shelves have on purpose?"""

from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, ask_published


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Overstock, dead stock and stock that is out."""
    states = truth("inventory/states")
    found = ask_published(
        platform,
        """
        select count(*) as seen
        from states
        inner join inventory_health as health
            on states.product_id = health.product_id
            and states.store_id = health.store_id
        where case states.state
            when 'overstock' then health.is_overstock
            when 'dead stock' then health.is_dead_stock
            when 'sold out' then coalesce(health.quantity, 0) <= 0
        end
        """,
        states=states,
    )
    return [TruthFound("inventory", "stock that is too much, dead or out", states.height, found.item())]
