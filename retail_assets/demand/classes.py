"""ABC classes of what is foretold."""

from typing import TYPE_CHECKING

import polars as pl

from retail_assets.platform import Platform
from retail_assets.warehouse.reading import read_mart

if TYPE_CHECKING:
    import numpy as np

    from retail_assets.demand.panel import Demand


def classes_of(platform: Platform, demand: "Demand") -> "np.ndarray":
    """`[S]` A, B or C, as product_performance has it; what did not sell lately is C."""
    known = read_mart(platform, "product_performance", "product_id", "abc_class")
    best = known.group_by("product_id").agg(pl.col("abc_class").min())
    found = demand.pairs.join(best, on="product_id", how="left", maintain_order="left")
    return found["abc_class"].fill_null("C").to_numpy().astype(str)
