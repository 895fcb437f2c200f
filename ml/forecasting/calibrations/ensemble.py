"""The ensemble: members weighed by segment; and its calibration, learnt from a backtest."""

from collections.abc import Mapping

import numpy as np

from ml.forecasting.backtests.backtest import Backtest
from ml.forecasting.calibrations.calibration import Calibration, Health, installed_libraries
from ml.forecasting.calibrations.intervals import biases, expected, factors, quantiles
from ml.forecasting.calibrations.sums import Labels, SumErrors, sum_errors
from ml.forecasting.calibrations.weights import learned_weights, mixed
from ml.forecasting.members.registry import ENTRIES
from ml.forecasting.series.segments import ALL, EMPTY, SHORT

ENSEMBLE = "ensemble"
FALLBACK = "weekday_mean"
ALONE = 1.5
"""A member that foretells a segment so many times more, or less, than the median of the others is set aside."""
DEAR_FROM = 0.1
"""Seconds a series."""
DEAR_WEIGHT = 0.1
"""Less weight than this is not worth the fits of a dear member every night."""
MOST_FAILED = 0.5
"""Share of series and windows: a member that fails in more of them mostly repeats the fallback, and gets no weight."""
SEGMENT_PRIOR = 10.0
"""Series of a segment that the weights of the whole panel count for."""

Weights = dict[str, dict[str, float]]


def combined(
    values: Mapping[str, np.ndarray],
    own: Mapping[str, np.ndarray],
    kinds: np.ndarray,
    weights: Mapping[str, Mapping[str, float]],
) -> np.ndarray:
    """`[S, H]` weighted sums; a member that failed in a series, or was not fitted, leaves its weight to the others."""
    found = np.array(values[FALLBACK])
    aside = stray(values, kinds, weights)
    for kind in np.unique(kinds).tolist():
        rows = kinds == kind
        of_kind = _weights(weights, kind)
        here = [name for name in of_kind if name in values]
        if not here:
            continue
        table = np.stack([values[name][rows] for name in here])
        given = np.array([of_kind[name] for name in here])
        # Weights need not add up to 1, and those of members that were not fitted are not lost.
        given *= sum(of_kind.values()) / given.sum()
        believed = np.stack([own[name][rows] & ((kind, name) not in aside) for name in here])
        kept = (given[:, None] * believed).sum(axis=0)
        # Where all failed each has the fallback, and so has their sum.
        counted = np.where(
            kept > 0, given[:, None] * believed * given.sum() / np.maximum(kept, 1e-12), given[:, None]
        )
        found[rows] = (counted[:, :, None] * table).sum(axis=0)
    return found


def stray(
    values: Mapping[str, np.ndarray], kinds: np.ndarray, weights: Mapping[str, Mapping[str, float]]
) -> dict[tuple[str, str], float]:
    """(segment, member) -> how many times what the others foretell, of members that are alone with it.

    The backtest judged what a member did then; this is what guards against what it does now.
    """
    found = {}
    for kind in np.unique(kinds).tolist():
        names = [name for name in _weights(weights, kind) if name in values]
        totals = np.array([values[name][kinds == kind].sum() for name in names])
        if len(names) < 3 or not np.median(totals) > 0:
            continue
        for name, share in zip(names, totals / np.median(totals), strict=True):
            if not 1 / ALONE < share < ALONE:
                found[kind, name] = float(share)
    return found


def _weights(weights: Mapping[str, Mapping[str, float]], kind: str) -> Mapping[str, float]:
    return weights.get(kind) or weights.get(ALL) or {}


def weights_of(tested: Backtest, windows: np.ndarray) -> Weights:
    """Weights of each segment and of all, learnt from some of the windows."""
    actual, kinds = tested.judged[windows], tested.kinds[windows]
    values = {name: tested.values(name)[windows] for name in tested.members}
    usable = {n: v for n, v in values.items() if n != "cold_start" and tested.failed(n) <= MOST_FAILED}
    grown = ~np.isin(kinds, (SHORT, EMPTY))
    everywhere = learned_weights(
        {name: of[grown].ravel() for name, of in usable.items()}, actual[grown].ravel()
    ) or {FALLBACK: 1.0}
    found: Weights = {ALL: everywhere, SHORT: {"cold_start": 1.0}}
    for kind in np.unique(kinds[grown]).tolist():
        rows = kinds == kind
        own = learned_weights({name: of[rows].ravel() for name, of in usable.items()}, actual[rows].ravel())
        series = rows.sum() / max(len(kinds), 1)
        found[kind] = mixed(own, everywhere, series / (series + SEGMENT_PRIOR)) if own else everywhere
    return {kind: worth_their_cost(of) for kind, of in found.items()}


def worth_their_cost(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights without those of dear members that hardly count; the others share them."""
    kept = {
        name: weight
        for name, weight in weights.items()
        if ENTRIES[name].seconds_per_series < DEAR_FROM or weight >= DEAR_WEIGHT * sum(weights.values())
    }
    if not kept:
        return dict(weights)
    more = sum(weights.values()) / sum(kept.values())
    return {name: weight * more for name, weight in kept.items()}


def ensembles_out_of_sample(tested: Backtest) -> np.ndarray:
    """`[W, S, H]` the ensemble in each window, by weights learnt from other windows, see `Backtest.others`."""
    found = []
    for window, one in enumerate(tested.answers):
        weights = weights_of(tested, tested.others(window))
        found.append(one.history.finished(combined(one.values, one.own, one.kinds, weights)))
    return np.stack(found)


def calibrated(tested: Backtest, *, seed: int, labels: Labels | None = None) -> Calibration:
    """Everything that the nightly forecast takes from a backtest; of sums where `labels` say which there are."""
    everything = np.ones(len(tested.answers), dtype=bool)
    series = tested.answers[0].history.panel.series
    ahead = ensembles_out_of_sample(tested)
    factor = factors(tested.scaled_errors(ahead))
    of_members = {name: tested.scaled_errors(tested.values(name), factor) for name in tested.members}
    of_ensemble, unit = tested.scaled_errors(ahead, factor), tested.units(ahead, factor)
    of_sums = SumErrors()
    if labels is not None:
        of_sums = sum_errors(tested, _expected(tested, ahead, of_ensemble, unit), labels)
    return Calibration(
        horizon=tested.horizon,
        origins=tuple(str(day) for day in tested.origins),
        weights={kind: _rounded(of) for kind, of in weights_of(tested, everything).items()},
        quantiles={
            name: quantiles(errors, tested.kinds)
            for name, errors in {**of_members, ENSEMBLE: of_ensemble}.items()
        },
        factors={str(name): round(float(of), 4) for name, of in zip(series, factor, strict=True)},
        health={name: _health(tested, name) for name in tested.members},
        biases=biases(of_ensemble, unit, tested.kinds),
        seed=seed,
        libraries=installed_libraries(),
        sums=of_sums,
        regressors=tested.answers[-1].history.telling,
    )


def _expected(tested: Backtest, ahead: np.ndarray, scaled: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """`[W, S, H]` the mean demand in each window, by the biases of other ones, see `Backtest.others`."""
    found = []
    for window, one in enumerate(tested.answers):
        others = tested.others(window)
        bias = biases(scaled[others], unit[others], tested.kinds[others])
        found.append(one.history.finished(expected(ahead[window], unit[window], one.kinds, bias)))
    return np.stack(found)


def _health(tested: Backtest, name: str) -> Health:
    actual, values = tested.judged, tested.values(name)
    known = ~np.isnan(actual)
    total = actual[known].sum()
    wape = float(np.abs(values - actual)[known].sum() / total) if total > 0 else None
    return Health(wape=None if wape is None else round(wape, 6), failed=round(tested.failed(name), 6))


def _rounded(weights: Mapping[str, float]) -> dict[str, float]:
    return {name: round(weight, 6) for name, weight in sorted(weights.items())}
