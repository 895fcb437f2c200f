"""The seam between the flow that forecasts demand and those that plan by it: a table, and the columns of it that they
read. Flows do not know each other, so what both know stands here."""

import dataframely as dy

FORECAST = "demand_forecast"
"""The computed table. A part is an origin, named by its day."""
ENSEMBLE = "ensemble"
"""The model to plan by."""


class ForetoldDemand(dy.Schema):
    """What is foretold of a store, product and day from an origin."""

    origin = dy.Date(
        description="The night that foretold: it knew the days before, and the first day foretold is its own."
    )
    store_id = dy.String(description="Store.")
    product_id = dy.String(description="Product.")
    date = dy.Date(description="Day foretold.")
    model = dy.String(description="Member, or `ensemble`.")
    mean = dy.Float64(description="Units foretold; near the median, which errs least.")
    expected = dy.Float64(
        nullable=True,
        description="Mean demand, by which sums are reckoned: what is ordered. The ensemble's alone.",
    )
    lo_80 = dy.Float64(description="Lower end of the interval that holds 80%.")
    hi_80 = dy.Float64(description="Its upper end.")
    lo_95 = dy.Float64(description="Lower end of the interval that holds 95%.")
    hi_95 = dy.Float64(description="Its upper end.")
    segment = dy.String(
        description="Kind of the series at the origin: smooth, erratic, intermittent, lumpy, short or empty."
    )
    calibration_version = dy.String(
        description="What it was weighed by: a version of the model, or quick- and a day."
    )
