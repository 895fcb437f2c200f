"""Prophet: a piecewise linear trend, seasons of week and year, regressors and public holidays, fitted to one series."""

import logging

import numpy as np

from ml.forecasting.members.base import Setting
from ml.forecasting.panels.days import public_holidays
from ml.forecasting.series.history import History

YEARLY_FROM = 600
"""Days since the first known one from which on a year can be told from a trend."""
DAYS = 3 * 365


def prophet(history: History, setting: Setting) -> np.ndarray:
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # it misses a library for plots
    import pandas as pd
    from prophet import Prophet

    # Two lines for each fit say nothing. It sets a level of its own where it finds no handler.
    log = logging.getLogger("cmdstanpy")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    log.setLevel(logging.ERROR)
    logging.getLogger("prophet").setLevel(logging.ERROR)  # it advises what is decided here
    panel = history.panel.newest(DAYS)
    dates = pd.DatetimeIndex(panel.dates(0, panel.days + history.horizon))
    table = pd.DataFrame({"ds": dates, "y": np.append(panel.demand[0], np.full(history.horizon, np.nan))})
    level = float(np.nanmean(panel.demand[0]))
    table["y"] /= level
    known = int(table["y"].notna().sum())
    span = panel.days - int(np.argmax(~np.isnan(panel.demand[0])))
    model = Prophet(
        growth="linear" if known >= 56 else "flat",
        yearly_seasonality=span >= YEARLY_FROM,
        weekly_seasonality=True,
        daily_seasonality=False,
        seasonality_mode="multiplicative",
        uncertainty_samples=0,
        holidays=_holidays(setting.country, panel.dates(0, len(dates))),
    )
    for k, name in enumerate(panel.regressor_names):
        values = panel.regressors[0, :, k]
        if len(np.unique(values[: panel.days][~np.isnan(panel.demand[0])])) > 1:
            table[name] = np.nan_to_num(values, nan=float(np.nanmean(values)))
            model.add_regressor(name)
    # The seed is of the optimiser's start, which is fixed anyway; said so that no other default comes in between.
    model.fit(table[table["y"].notna()], seed=setting.seed + 1)
    return model.predict(table.iloc[panel.days :])["yhat"].to_numpy() * level


def _holidays(country: str | None, dates: np.ndarray):
    import pandas as pd

    found = public_holidays(country, dates)
    if not found:
        return None
    return pd.DataFrame({"ds": pd.DatetimeIndex(list(found)), "holiday": list(found.values())})
