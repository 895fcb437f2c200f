"""The accuracy table of a backtest: metrics by model, segment and part of the horizon."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import numpy as np
import polars as pl

from ml.forecasting.backtests.backtest import Backtest
from ml.forecasting.backtests.metrics import accuracy, coverage
from ml.forecasting.calibrations.ensemble import ENSEMBLE, ensembles_out_of_sample
from ml.forecasting.calibrations.intervals import factors, interval_at, parts_of, quantiles
from ml.forecasting.series.scale import seasonal_scale
from ml.forecasting.series.segments import ALL

EVERY_ORIGIN = "all"


def accuracy_table(tested: Backtest, *, levels: Sequence[float]) -> pl.DataFrame:
    """One row for each model, origin (a day, or `all`), segment (or `all`) and part of the horizon (`1-28`, `1-7`, …).

    The ensemble's rows are by weights, and every interval by errors, of the other windows.
    """
    ensemble = ensembles_out_of_sample(tested)
    rows = []
    for name in (ENSEMBLE, *tested.members):
        values = ensemble if name == ENSEMBLE else tested.values(name)
        rows += list(_rows(tested, name, values, intervals_out_of_sample(tested, values, ensemble, levels)))
    return pl.DataFrame(rows).sort("model", "origin", "segment", "first_day", "last_day")


def _rows(
    tested: Backtest, name: str, values: np.ndarray, ends: Mapping[float, tuple[np.ndarray, np.ndarray]]
) -> Iterator[dict]:
    actual, kinds = tested.counted, tested.kinds
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
    parts = [(first, min(last, horizon)) for first, last in parts_of(horizon)]
    return [(0, horizon), *parts] if len(parts) > 1 else parts


def intervals_out_of_sample(
    tested: Backtest, values: np.ndarray, ensemble: np.ndarray, levels: Sequence[float]
) -> dict[float, tuple[np.ndarray, np.ndarray]]:
    """Level -> ends `[W, S, H]` of the intervals of forecasts in each window, by the errors of other windows.

    `ensemble` is what tells how much larger the errors of a series are, as in a calibration.
    """
    plain = tested.scaled_errors(ensemble)
    ends: dict[float, list[tuple[np.ndarray, np.ndarray]]] = {level: [] for level in levels}
    for window, one in enumerate(tested.answers):
        others = tested.others(window)
        factor = factors(plain[others])
        found = quantiles(tested.scaled_errors(values, factor)[others], tested.kinds[others])
        for level in levels:
            ends[level].append(interval_at(one.history, values[window], one.kinds, factor, found, level))
    return {
        level: (np.stack([low for low, _ in of]), np.stack([high for _, high in of]))
        for level, of in ends.items()
    }


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
