"""The accuracy table of a backtest: metrics by model, segment and part of the horizon."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import polars as pl

from ml.forecasting.backtest import Backtest
from ml.forecasting.calibration import Calibration
from ml.forecasting.ensemble import ENSEMBLE, ensembles_out_of_sample
from ml.forecasting.intervals import BUCKETS, Quantiles, bounds, quantiles, units
from ml.forecasting.metrics import accuracy, coverage, seasonal_scale
from ml.forecasting.segments import ALL

EVERY_ORIGIN = "all"


def accuracy_table(tested: Backtest, calibration: Calibration, *, levels: Sequence[float]) -> pl.DataFrame:
    """One row for each model, origin (a day, or `all`), segment (or `all`) and part of the horizon (`1-28`, `1-7`, …).

    The ensemble's rows are by weights, and every interval by errors, of the other windows.
    """
    ensemble = ensembles_out_of_sample(tested)
    rows = []
    for name in (ENSEMBLE, *tested.members):
        values = ensemble if name == ENSEMBLE else tested.values(name)
        ends = {level: _bounds(tested, values, calibration, level) for level in levels}
        rows += list(_rows(tested, name, values, ends))
    return pl.DataFrame(rows).sort("model", "origin", "segment", "first_day", "last_day")


def _rows(
    tested: Backtest, name: str, values: np.ndarray, ends: dict[float, tuple[np.ndarray, np.ndarray]]
) -> Iterator[dict]:
    actual, kinds = tested.actual, tested.kinds
    scale = np.stack([seasonal_scale(one.history.demand) for one in tested.answers])
    origins = [str(day) for day in tested.origins]
    for origin in (EVERY_ORIGIN, *origins):
        windows = np.array([origin in (EVERY_ORIGIN, one) for one in origins])
        for kind in (ALL, *np.unique(kinds[windows]).tolist()):
            of_kind = (np.ones_like(kinds, dtype=bool) if kind == ALL else kinds == kind) & windows[:, None]
            for first, last in _parts(tested.horizon):
                # Windows of a series are judged as series of their own.
                found = accuracy(
                    actual[of_kind][:, first:last], values[of_kind][:, first:last], scale[of_kind]
                )
                yield {
                    "model": name,
                    "origin": origin,
                    "segment": kind,
                    "first_day": first + 1,
                    "last_day": last,
                    "series": int(of_kind.any(axis=0).sum()),
                    **asdict(found),
                    **{
                        f"coverage_{level:g}": coverage(
                            actual[of_kind][:, first:last],
                            low[of_kind][:, first:last],
                            high[of_kind][:, first:last],
                        )
                        for level, (low, high) in ends.items()
                    },
                }


def _parts(horizon: int) -> list[tuple[int, int]]:
    edges = [0, *(bucket for bucket in BUCKETS if bucket < horizon), horizon]
    parts = list(pairwise(edges))
    return [(0, horizon), *parts] if len(parts) > 1 else parts


def _bounds(
    tested: Backtest, values: np.ndarray, calibration: Calibration, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ends `[W, S, H]` in each window by the errors of the other windows."""
    series = tested.answers[0].history.panel.series
    factor = np.array([calibration.factors.get(str(name), 1.0) for name in series])
    scale = [units(one.history) for one in tested.answers]
    count = len(tested.answers)
    errors = np.stack(
        [(now - f) / unit.of(f, factor) for now, f, unit in zip(tested.judged, values, scale, strict=True)]
    )
    lows, highs = [], []
    for window, one in enumerate(tested.answers):
        others = np.arange(count) != window if count > 1 else np.ones(1, dtype=bool)
        found: Quantiles = quantiles(errors[others], tested.kinds[others])
        low, high = bounds(values[window], scale[window].of(values[window], factor), one.kinds, found, level)
        shut = np.broadcast_to(one.history.shut[:, one.history.days :], low.shape)
        lows.append(np.where(shut, 0.0, low))
        highs.append(np.where(shut, 0.0, high))
    return np.stack(lows), np.stack(highs)


def overview(table: pl.DataFrame) -> Iterator[str]:
    """A line for each model, the best first."""
    whole = table.filter(
        (pl.col("origin") == EVERY_ORIGIN) & (pl.col("segment") == ALL) & (pl.col("first_day") == 1)
    )
    whole = whole.filter(pl.col("last_day") == pl.col("last_day").max()).sort("wape", nulls_last=True)
    covers = [column for column in table.columns if column.startswith("coverage_")]
    for row in whole.iter_rows(named=True):
        wape = "no sales" if row["wape"] is None else f"WAPE {row['wape']:.4f}"
        shares = [
            (column.removeprefix("coverage_"), row[column]) for column in covers if row[column] is not None
        ]
        held = ", ".join(f"{level}% hold {share:.1%}" for level, share in shares)
        yield f"{row['model']:>14}  {wape}  {held}"
