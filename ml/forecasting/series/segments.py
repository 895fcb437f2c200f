"""Kinds of series by their demand, each with weights and intervals of its own.

Syntetos, Boylan and Croston (2005), "On the categorization of demand patterns": the mean number of days between two
sales against 1.32, and the squared coefficient of variation of the sales' sizes against 0.49.
"""

import numpy as np

from ml.forecasting.panels.days import YEAR
from ml.forecasting.panels.panel import ESTABLISHED_DAYS
from ml.forecasting.series.history import History

SMOOTH, ERRATIC, INTERMITTENT, LUMPY, SHORT, EMPTY = (
    "smooth",
    "erratic",
    "intermittent",
    "lumpy",
    "short",
    "empty",
)
SEGMENTS = (SMOOTH, ERRATIC, INTERMITTENT, LUMPY, SHORT, EMPTY)
ALL = "all"
"""The weights of segments that the backtest saw too little of."""
INTERVAL_FROM = 1.32
VARIATION_FROM = 0.49


def segments(history: History) -> np.ndarray:
    """`[S]` the kind of each series, by its last year before the origin; shut days count nowhere.

    Only known days show that nothing sells: what was out of stock, or shut, all year is short and not empty.
    """
    demand = history.demand[:, -YEAR:]
    known = ~np.isnan(demand)
    sold = known & (demand > 0)
    days, sales = known.sum(axis=1), sold.sum(axis=1)
    filled = np.where(sold, demand, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=1) / sales
        variation = np.where(sold, (demand - mean[:, None]) ** 2, 0.0).sum(axis=1) / sales / mean**2
        interval = days / sales
    rare, varied = interval >= INTERVAL_FROM, variation >= VARIATION_FROM
    kind = np.select([rare & varied, rare, varied], [LUMPY, INTERMITTENT, ERRATIC], SMOOTH)
    kind = np.where(sales == 0, EMPTY, kind)
    return np.where(days < ESTABLISHED_DAYS, SHORT, kind)
