"""How far forecasts were from what happened. Points without a known actual count nowhere.

Hyndman and Koehler (2006), "Another look at measures of forecast accuracy", for MASE and sMAPE.
"""

from dataclasses import dataclass

import numpy as np

MOST_ZEROS = 0.05
"""From this share of zero actuals on MAPE is not applicable: it divides by them."""


@dataclass(frozen=True)
class Accuracy:
    """None where a metric is not applicable."""

    points: int
    mape: float | None
    """Mean of |error| / actual over non-zero actuals; None where more than 5% of the actuals are zero."""
    smape: float | None
    """Mean of 2 |error| / (actual + forecast), 0 where both are 0."""
    wape: float | None
    """Sum of |error| over the sum of the actuals."""
    rmse: float | None
    mase: float | None
    """Mean over series of MAE over the mean absolute difference of days a week apart before the origin."""
    r2_pooled: float | None
    """1 - squared errors over squared distances from the mean of all points: mostly tells large series from small."""
    r2_median: float | None
    """Median over series of each one's own R2."""
    bias: float | None
    """Sum of forecast - actual over the sum of the actuals: above 0 too much is foretold."""


def accuracy(actual: np.ndarray, forecast: np.ndarray, scale: np.ndarray | None = None) -> Accuracy:
    """Of `[S, N]` actuals and forecasts; `scale` `[S]` is what MASE divides by."""
    known = ~np.isnan(actual) & ~np.isnan(forecast)
    y, f = actual[known], forecast[known]
    if not len(y):
        return Accuracy(0, *[None] * 8)
    errors = f - y
    total = y.sum()
    return Accuracy(
        points=len(y),
        mape=None if (y == 0).mean() > MOST_ZEROS else _finite(np.abs(errors[y != 0] / y[y != 0]).mean()),
        smape=_finite(np.where(y + f > 0, 2 * np.abs(errors) / np.maximum(y + f, 1e-12), 0.0).mean()),
        wape=_finite(np.abs(errors).sum() / total) if total > 0 else None,
        rmse=_finite(np.sqrt((errors**2).mean())),
        mase=None if scale is None else _mase(actual, forecast, known, scale),
        r2_pooled=_r2(y, f),
        r2_median=_median([_r2(a[k], p[k]) for a, p, k in zip(actual, forecast, known, strict=True)]),
        bias=_finite(errors.sum() / total) if total > 0 else None,
    )


def coverage(actual: np.ndarray, low: np.ndarray, high: np.ndarray) -> float | None:
    """Share of the known actuals within the interval, its ends included."""
    known = ~np.isnan(actual) & ~np.isnan(low) & ~np.isnan(high)
    inside = (actual[known] >= low[known] - 1e-9) & (actual[known] <= high[known] + 1e-9)
    return _finite(inside.mean()) if len(inside) else None


def _mase(actual: np.ndarray, forecast: np.ndarray, known: np.ndarray, scale: np.ndarray) -> float | None:
    counted = known.any(axis=1) & (scale > 0)
    if not counted.any():
        return None
    errors = np.where(known, np.abs(np.nan_to_num(forecast) - np.nan_to_num(actual)), 0.0)[counted]
    return _finite((errors.sum(axis=1) / known[counted].sum(axis=1) / scale[counted]).mean())


def _r2(actual: np.ndarray, forecast: np.ndarray) -> float | None:
    if len(actual) < 2:
        return None
    spread = ((actual - actual.mean()) ** 2).sum()
    return _finite(1 - ((actual - forecast) ** 2).sum() / spread) if spread > 0 else None


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _finite(np.median(known)) if known else None


def _finite(value) -> float | None:
    return float(value) if np.isfinite(value) else None
