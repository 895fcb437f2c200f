"""The Theta method over a weekly profile, for all series at once.

Assimakopoulos and Nikolopoulos (2000), in the form of Hyndman and Billah (2003, "Unmasking the Theta method"): simple
exponential smoothing with half the slope of the linear trend as drift, of the series without its weekday factors.
"""

import numpy as np

from ml.forecasting.members.base import Setting
from ml.forecasting.members.filled import without_gaps
from ml.forecasting.panels.days import WEEK
from ml.forecasting.series.history import History

DAYS = 364
"""Older days say nothing of the level, and cost time."""
PROFILE_WEEKS = 26
SMOOTHING = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
"""Weights of the newest day to choose from, by the squared error one week ahead."""
PRIOR_WEEKS = 4.0
"""Weeks that the flat profile counts for."""
DAMPING = 0.5
"""Part of the drift that is believed: a trend of a year does not go on for ever."""
PART = 4096
"""Series at a time, which bounds the memory."""


def theta(history: History, setting: Setting) -> np.ndarray:
    parts = [
        _theta(history.demand[start : start + PART, -DAYS:], history.horizon)
        for start in range(0, len(history.demand), PART)
    ]
    return np.concatenate(parts) if parts else np.empty((0, history.horizon))


def _theta(demand: np.ndarray, horizon: int) -> np.ndarray:
    never = np.all(np.isnan(demand), axis=1, keepdims=True)
    filled = without_gaps(np.where(never, 0.0, demand))
    profile = _profile(filled)
    days = filled.shape[1]
    place = (np.arange(days) - days) % WEEK
    level = filled / profile[:, place]
    smoothed = _smoothed(level)
    slope = _slope(level)
    steps = np.arange(1, horizon + 1)
    ahead = smoothed[:, None] + DAMPING * slope[:, None] / 2 * steps
    values = ahead * profile[:, (steps - 1) % WEEK]
    return np.where(never, np.nan, values)


def _profile(filled: np.ndarray) -> np.ndarray:
    """`[S, 7]` factor of the weekday of the first day ahead, the second, …; shrunk towards 1."""
    weeks = min(filled.shape[1] // WEEK, PROFILE_WEEKS)
    if not weeks:
        return np.ones((len(filled), WEEK))
    folded = filled[:, -weeks * WEEK :].reshape(len(filled), weeks, WEEK)
    mean = folded.mean(axis=(1, 2))
    factors = (folded.sum(axis=1) + PRIOR_WEEKS * mean[:, None]) / (weeks + PRIOR_WEEKS)
    relative = np.maximum(factors, 0.01 * mean[:, None]) / np.maximum(mean, 1e-12)[:, None]
    return np.where(mean[:, None] > 0, relative, 1.0)


def _smoothed(level: np.ndarray) -> np.ndarray:
    """`[S]` of the last day, by the smoothing that would have been best in each series."""
    start = level[:, : 4 * WEEK].mean(axis=1)
    alphas = np.array(SMOOTHING)[:, None]
    state = np.repeat(start[None, :], len(SMOOTHING), axis=0)
    past = [state.copy()]
    errors = np.zeros_like(state)
    for day in range(level.shape[1]):
        if day >= WEEK:
            errors += (level[:, day] - past[day - WEEK]) ** 2
        state = state + alphas * (level[:, day] - state)
        past.append(state)
        if day >= WEEK:
            past[day - WEEK] = None  # type: ignore[call-overload]
    best = np.argmin(errors, axis=0)
    return np.take_along_axis(state, best[None, :], axis=0)[0]


def _slope(level: np.ndarray) -> np.ndarray:
    """Units a day of the linear trend."""
    days = np.arange(level.shape[1]) - (level.shape[1] - 1) / 2
    return level @ days / np.maximum((days**2).sum(), 1)
