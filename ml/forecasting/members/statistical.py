"""Statistical members of single series, by statsforecast: AutoARIMA over the week, MSTL over week and year."""

import warnings

import numpy as np

from ml.forecasting.members.base import Setting
from ml.forecasting.members.filled import one
from ml.forecasting.panels.days import WEEK
from ml.forecasting.series.history import History

YEAR = 365
ARIMA_DAYS = 364
"""What ARIMA sees lies weeks back; more days cost time and tell it nothing."""
MSTL_DAYS = 4 * YEAR


def arima(history: History, setting: Setting) -> np.ndarray:
    """AutoARIMA with a week as season and the regressors, searched by the approximation."""
    from statsforecast.models import AutoARIMA

    demand, past, future = one(history)
    demand, past = demand[-ARIMA_DAYS:], past[-ARIMA_DAYS:]
    varies = np.array([len(np.unique(past[:, k])) > 1 for k in range(past.shape[1])], dtype=bool)
    model = AutoARIMA(
        season_length=WEEK, approximation=True, max_p=3, max_q=3, max_P=1, max_Q=1, max_order=5, nmodels=15
    )
    with warnings.catch_warnings():
        # Steps of its search that did not converge are not taken; what comes out is judged by the gate.
        warnings.simplefilter("ignore")
        if not varies.any():
            return model.forecast(demand, h=history.horizon)["mean"]
        return model.forecast(demand, h=history.horizon, X=past[:, varies], X_future=future[:, varies])[
            "mean"
        ]


def mstl(history: History, setting: Setting) -> np.ndarray:
    """Seasons of the week, and of the year where two are known, over an exponentially smoothed trend.

    Of the square root: sales vary more where there are more of them.
    """
    from statsforecast.models import MSTL, AutoETS

    demand = one(history)[0][-MSTL_DAYS:]
    seasons = [WEEK, YEAR] if len(demand) >= 2 * YEAR else [WEEK]
    model = MSTL(season_length=seasons, trend_forecaster=AutoETS(model="ZZN"))
    ahead = model.forecast(np.sqrt(np.maximum(demand, 0)), h=history.horizon)["mean"]
    return np.maximum(ahead, 0.0) ** 2
