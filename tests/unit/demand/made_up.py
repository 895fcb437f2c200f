"""Daily demand of some products in two stores, as the mart has it: seasonal, and the same for the same seed."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from retail_assets.demand.panel import Demand, ahead, demand_of

ORIGIN = date(2026, 11, 20)
WEEK = np.array([0.8, 0.9, 1.0, 1.0, 1.2, 1.5, 0.0])
CALENDAR = pl.DataFrame(schema={"store_id": pl.String, "business_date": pl.Date, "is_open": pl.Boolean})
PROMOTIONS = pl.DataFrame(schema={"store_id": pl.String, "product_id": pl.String, "business_date": pl.Date})


def rows(products: int = 3, days: int = 140, *, seed: int = 0, origin: date = ORIGIN) -> pl.DataFrame:
    """Rows of the days before the origin; stores are shut on Sundays."""
    generator = np.random.default_rng(seed)
    dates = [origin - timedelta(days=back) for back in range(days, 0, -1)]
    week = WEEK[[day.weekday() for day in dates]]
    tables = [
        pl.DataFrame(
            {
                "store_id": store,
                "product_id": f"P{number}",
                "business_date": dates,
                "category": f"c{number % 2}",
                "quantity": generator.poisson((4 + 6 * number) * week).astype(float),
                "price": 2.0,
                "is_open": week > 0,
                "is_promotion": False,
                "is_out_of_stock": False,
                "is_sold_out": False,
            }
        )
        for store in ("S1", "S2")
        for number in range(products)
    ]
    return pl.concat(tables)


def demand(origin: date = ORIGIN, horizon: int = 28, **how: int) -> Demand:
    given = rows(origin=origin, **how)
    return demand_of(given, ahead(given, CALENDAR, PROMOTIONS, origin, horizon), origin)
