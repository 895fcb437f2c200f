"""Dynamic harmonic regression of all series: weekdays, the year as Fourier terms, a trend, regressors, holidays.

Hyndman and Athanasopoulos, "Forecasting: principles and practice", 10.5, with two changes: the logarithm is taken, so
that seasons multiply, and the coefficients of a series are shrunk towards those of the whole panel (ridge towards a
common mean), so that a short or noisy series has the seasons of the others.
"""

from dataclasses import dataclass

import numpy as np

from ml.forecasting.members.base import Setting
from ml.forecasting.panels.days import WEEK, days_to, month, phase_of_year, public_holidays, weekday
from ml.forecasting.series.history import History

WAVES = 4
"""Fourier terms of the year, beside the months, at whose edges demand may jump."""
YEARLY_FROM = 1.3
"""Years from which on the year can be told from a trend."""
DAYS = 4 * 365
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


@dataclass(frozen=True)
class _Part:
    """What the regression sees of some series."""

    columns: np.ndarray
    """`[S, T + H, P]`."""
    target: np.ndarray
    """`[S, T]`."""
    known: np.ndarray
    level: np.ndarray

    @classmethod
    def of(cls, history: History, common: np.ndarray, rows: slice) -> "_Part":
        panel = history.panel.only(rows).newest(DAYS)
        known = ~np.isnan(panel.demand)
        level = np.nansum(panel.demand, axis=1) / np.maximum(known.sum(axis=1), 1)
        level = np.where(level > 0, level, 1.0)
        target = np.log(np.nan_to_num(panel.demand) / level[:, None] + OFFSET)
        beside = _beside_shut(history.shut[rows, -panel.regressors.shape[1] :])
        columns = _columns(common, np.concatenate([panel.regressors, beside], axis=2))
        return cls(columns, target, known, level)


def harmonic(history: History, setting: Setting) -> np.ndarray:
    newest = history.panel.newest(DAYS)
    count, days = len(newest.series), newest.days
    common = _common(history, newest.dates(0, days + history.horizon), setting)
    age = 0.5 ** ((days - 1 - np.arange(days)) / HALF_LIFE)
    parts = [slice(start, start + PART) for start in range(0, count, PART)]
    width = 3 + common.shape[1] + len(newest.regressor_names)
    grams, sides = np.zeros((count, width, width)), np.zeros((count, width))
    for rows in parts:
        part = _Part.of(history, common, rows)
        past = part.columns[:, :days]
        weighted = past * (part.known * age)[:, :, None]
        grams[rows] = np.matmul(weighted.transpose(0, 2, 1), past)
        sides[rows] = np.matmul(weighted.transpose(0, 2, 1), part.target[:, :, None])[:, :, 0]
    own = _shrunk(grams, sides)
    values = np.empty((count, history.horizon))
    for rows in parts:
        part = _Part.of(history, common, rows)
        fitted = np.matmul(part.columns, own[rows, :, None])[:, :, 0]
        moved = _recent_error(part.target - fitted[:, :days], part.known)
        ahead = np.maximum(np.exp(fitted[:, days:] + moved[:, None]) - OFFSET, 0.0) * part.level[:, None]
        values[rows] = np.where(part.known.any(axis=1, keepdims=True), ahead, np.nan)
    return values


def _shrunk(grams: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """`[S, P]` coefficients of each series, held towards those of the panel; its level is its own."""
    width = sides.shape[1]
    known_days = max(grams[:, 0, 0].sum(), 1.0)
    common = np.linalg.solve(grams.sum(axis=0) + 1e-3 * known_days * np.eye(width), sides.sum(axis=0))
    penalty = RIDGE * np.eye(width)
    penalty[0, 0] = 0.1
    return np.linalg.solve(grams + penalty, (sides + penalty @ common)[:, :, None])[:, :, 0]


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
