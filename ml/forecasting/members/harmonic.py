"""Dynamic harmonic regression of all series: weekdays, the year as Fourier terms, a trend, regressors, holidays.

Hyndman and Athanasopoulos, "Forecasting: principles and practice", 10.5, with two changes: the logarithm is taken, so
that seasons multiply, and the coefficients of a series are shrunk towards those of the whole panel (ridge towards a
common mean), so that a short or noisy series has the seasons of the others.
"""

import numpy as np

from ml.forecasting.days import days_to, month, phase_of_year, public_holidays, weekday
from ml.forecasting.history import History
from ml.forecasting.members.base import Setting

WEEK = 7
WAVES = 4
"""Fourier terms of the year, beside the months, at whose edges demand may jump."""
YEARLY_FROM = 1.3
"""Years from which on the year can be told from a trend."""
YEARS = 4
HALF_LIFE = 800.0
"""Days after which a day counts half."""
RIDGE = 20.0
"""Days of a series that the coefficients of the panel count for."""
OFFSET = 0.1
"""Added to demand, as a part of the level, before the logarithm is taken."""
RECENT_DAYS = 56
RECENT_HALF_LIFE = 28.0
RECENT_PRIOR = 4.0
"""The newest errors move the level: weighted mean, shrunk as if so many days had none."""
PART = 256


def harmonic(history: History, setting: Setting) -> np.ndarray:
    panel = history.panel.newest(int(YEARS * 365))
    days = panel.days
    common = _common(history, panel.dates(0, days + history.horizon), setting)
    known = ~np.isnan(panel.demand)
    count = known.sum(axis=1)
    level = np.nansum(panel.demand, axis=1) / np.maximum(count, 1)
    level = np.where(level > 0, level, 1.0)
    target = np.log(np.nan_to_num(panel.demand) / level[:, None] + OFFSET)
    weights = known * 0.5 ** ((days - 1 - np.arange(days)) / HALF_LIFE)
    beside = _beside_shut(history.shut)[:, -panel.regressors.shape[1] :]
    beside = np.broadcast_to(beside, (*panel.regressors.shape[:2], beside.shape[2]))
    own_columns = np.concatenate([panel.regressors, beside], axis=2)
    width = 1 + common.shape[1] + own_columns.shape[2]
    grams, sides = np.zeros((len(level), width, width)), np.zeros((len(level), width))
    for start in range(0, len(level), PART):
        part = slice(start, start + PART)
        columns = _columns(common[:days], own_columns[part, :days])
        weighted = columns * weights[part, :, None]
        grams[part] = np.matmul(weighted.transpose(0, 2, 1), columns)
        sides[part] = np.matmul(weighted.transpose(0, 2, 1), target[part, :, None])[:, :, 0]
    shared = np.linalg.solve(
        grams.sum(axis=0) + 1e-3 * np.eye(width) * max(count.sum(), 1), sides.sum(axis=0)
    )
    penalty = RIDGE * np.eye(width)
    penalty[0, 0] = 0.1
    own = np.linalg.solve(grams + penalty, (sides + penalty @ shared)[:, :, None])[:, :, 0]
    values = np.empty((len(level), history.horizon))
    for start in range(0, len(level), PART):
        part = slice(start, start + PART)
        columns = _columns(common, own_columns[part])
        fitted = np.matmul(columns, own[part, :, None])[:, :, 0]
        moved = _recent_error(target[part] - fitted[:, :days], known[part])
        values[part] = np.exp(fitted[:, days:] + moved[:, None]) - OFFSET
    values = np.maximum(values, 0.0) * level[:, None]
    return np.where(count[:, None] > 0, values, np.nan)


def _common(history: History, dates: np.ndarray, setting: Setting) -> np.ndarray:
    """`[T + H, P]` what is the same for every series."""
    days = len(dates) - history.horizon
    columns = [(weekday(dates) == day).astype(float) for day in range(1, WEEK)]
    years = np.arange(len(dates)) / 365.25
    columns.append(np.minimum(years - years[days - 1], 0.0))
    if days >= YEARLY_FROM * 365:
        for wave in range(1, WAVES + 1):
            angle = 2 * np.pi * wave * phase_of_year(dates)
            columns += [np.sin(angle), np.cos(angle)]
        columns += [(month(dates) == number).astype(float) for number in range(2, 13)]
    holidays = np.isin(dates, np.array(list(public_holidays(setting.country, dates)), dtype="datetime64[D]"))
    if holidays.any():
        columns.append(holidays.astype(float))
        columns.append((days_to(holidays, forward=True) == 1).astype(float))
        columns.append((days_to(holidays, forward=False) == 1).astype(float))
    return np.stack(columns, axis=1)


def _beside_shut(shut: np.ndarray) -> np.ndarray:
    """`[S, T + H, 2]`: tomorrow is shut, yesterday was. People shop before and after."""
    beside = np.zeros((*shut.shape, 2))
    beside[:, :-1, 0] = shut[:, 1:] & ~shut[:, :-1]
    beside[:, 1:, 1] = shut[:, :-1] & ~shut[:, 1:]
    return beside


def _columns(common: np.ndarray, regressors: np.ndarray) -> np.ndarray:
    shape = (len(regressors), len(common))
    parts = [
        np.ones((*shape, 1)),
        np.broadcast_to(common, (*shape, common.shape[1])),
        np.nan_to_num(regressors),
    ]
    return np.concatenate(parts, axis=2)


def _recent_error(errors: np.ndarray, known: np.ndarray) -> np.ndarray:
    days = min(RECENT_DAYS, errors.shape[1])
    weights = known[:, -days:] * 0.5 ** (np.arange(days)[::-1] / RECENT_HALF_LIFE)
    return (weights * errors[:, -days:]).sum(axis=1) / (weights.sum(axis=1) + RECENT_PRIOR)
