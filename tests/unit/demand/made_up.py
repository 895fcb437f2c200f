"""Daily demand of some products in two stores, as the mart has it: seasonal, and the same for the same seed."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from retail_assets.demand.opening import open_ahead
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


def habits(*known_on: date, weekdays: Sequence[int] = range(1, 7)) -> pl.DataFrame:
    """Of both stores, as some days knew them: not on Sundays."""
    schema = {
        "store_id": pl.String,
        "known_on": pl.Date,
        "opened_on": pl.Date,
        "usual_weekdays": pl.List(pl.Int64),
    }
    rows = [(store, day, None, list(weekdays)) for store in ("S1", "S2") for day in known_on]
    return pl.DataFrame(rows, schema, orient="row")


def known_ahead(
    given: pl.DataFrame, origin: date = ORIGIN, horizon: int = 28, *, closed: Sequence[str] = ()
) -> pl.DataFrame:
    """What is known of the days ahead: no store has a calendar, and nothing is promoted."""
    open_days = open_ahead(given["store_id"], habits(origin), CALENDAR, origin, horizon, closed=closed)
    return ahead(given, open_days, PROMOTIONS)


def demand(origin: date = ORIGIN, horizon: int = 28, **how: int) -> Demand:
    given = rows(origin=origin, **how)
    return demand_of(given, known_ahead(given, origin, horizon), origin)
