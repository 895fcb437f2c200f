"""Days on which the last one was sold: more may have been wanted than was there.

Learnt as they are they make a spiral: too few are there, so few are sold, so few are foretold and ordered. Left out
they take the best days with them, which is worse. So a day that sold out counts as what was sold on average on the days
that sold at least as much, of the same series, weekday and quarter: a step of the estimator of Buckley and James (1979,
"Linear regression with censored data"). It never counts less than it sold, and no more than the best of these days.
"""

from datetime import date

import polars as pl

QUARTER_DAYS = 91
SERIES = ("store_id", "product_id")


def with_sold_out_raised(rows: pl.DataFrame, origin: date) -> pl.DataFrame:
    """Rows of daily_demand before an origin with the quantity of days that sold out as it may have been wanted."""
    selling_out = rows.filter("is_sold_out").select(SERIES).unique()
    if selling_out.is_empty():
        return rows
    day, quantity = pl.col("business_date"), pl.col("quantity").cast(pl.Float64)
    alike = (*SERIES, day.dt.weekday(), (pl.lit(origin) - day).dt.total_days().sub(1) // QUARTER_DAYS)
    raised = (
        rows.join(selling_out, on=SERIES, how="semi")
        .filter(~pl.col("is_out_of_stock"))
        .sort(quantity, descending=True)
        .with_columns(at_least=quantity.cum_sum().over(alike) / quantity.cum_count().over(alike))
        # Of days that sold the same the last one has seen them all.
        .with_columns(raised=pl.col("at_least").last().over(*alike, quantity))
        .filter("is_sold_out")
        .select(*SERIES, "business_date", "raised")
    )
    joined = rows.join(raised, on=(*SERIES, "business_date"), how="left", maintain_order="left")
    return joined.with_columns(quantity=pl.coalesce("raised", quantity)).drop("raised")
