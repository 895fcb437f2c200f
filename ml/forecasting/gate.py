"""What a member's forecast must be before it is believed: there, finite, and of a scale that the series can have."""

import numpy as np

from ml.forecasting.history import History
from ml.forecasting.issues import Issue

MOST = 5.0
"""Times the largest known day of a series."""


def gated(
    values: np.ndarray, history: History, member: str, told: set[str]
) -> tuple[np.ndarray, list[Issue]]:
    """Forecasts `[S, H]` with NaN in the whole series where one cannot be believed, and why.

    `told` are the series for which the member itself said why it has none.
    """
    demand = history.demand
    known = np.logical_not(np.isnan(demand))
    largest = np.where(known, demand, 0.0).max(axis=1, initial=0.0)
    missing = np.any(np.isnan(values), axis=1)
    endless = np.any(np.isinf(values), axis=1)
    # Where nothing was ever sold, nothing can be said of the scale.
    with np.errstate(invalid="ignore"):
        absurd = np.any(values > MOST * largest[:, None], axis=1) & (largest > 0) & ~endless
    issues = []
    for row in np.flatnonzero(missing | endless | absurd):
        series = str(history.panel.series[row])
        if series in told:
            continue
        if absurd[row] and not missing[row]:
            said = f"foretold {np.nanmax(values[row]):.6g} a day where {largest[row]:.6g} is the most that was known"
            issues.append(Issue(series, member, "absurd_scale", f"{said}; the fallback takes its place"))
        elif endless[row]:
            issues.append(
                Issue(series, member, "not_finite", "infinite forecasts; the fallback takes their place")
            )
        elif known[row].any():
            issues.append(
                Issue(series, member, "not_finite", "no number was foretold; the fallback takes its place")
            )
    refused = np.reshape(missing | endless | absurd, (-1, 1))
    return np.where(refused, np.nan, values), issues
