"""What forecasts cost: `python -m benchmarks.forecasting_cost nightly|backtest|arima|growth|huge [--series N]`.

* `nightly`: 500 series of two years with a stored calibration in which the cheap members carry weight, or `--every` one
* `backtest`: three windows of the same
* `arima`: AutoARIMA with its defaults on a few of the series, against the cost of the ensemble in `nightly`
* `growth`: cost per series of the cheap members at 50 and at 5,000 series
* `huge`: 100,000 series with the cheap members

Wall time tells of a machine that does nothing else; CPU time, of all processes, tells on a busy one too.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ml.fan_out import FanOut
from ml.forecasting.backtests.backtest import Windows, backtest
from ml.forecasting.calibrations.calibration import Calibration
from ml.forecasting.calibrations.ensemble import calibrated
from ml.forecasting.forecast import forecast
from ml.forecasting.members.base import Setting
from ml.forecasting.members.registry import ALL, CHEAP
from ml.forecasting.panels.panel import Panel
from ml.terminal import say

HORIZON = 28
WEEKDAYS = np.array([0.8, 0.9, 1.0, 1.0, 1.2, 1.5, 0.6])


def made_up(series: int, days: int = 730, *, seed: int = 0) -> Panel:
    """Shops and articles with a week, a year, promotions, and sizes from a unit in days to hundreds a day."""
    generator = np.random.default_rng(seed)
    day = np.arange(days + HORIZON)
    level = generator.lognormal(1.5, 1.3, series).astype(np.float32)
    year = 1 + 0.3 * np.sin(
        2 * np.pi * (day / 365.25 + generator.random((series, 1)).astype(np.float32) * 0.2)
    )
    promotion = (generator.random((series, days + HORIZON), dtype=np.float32) < 0.05).astype(np.float32)
    mean = (
        level[:, None]
        * WEEKDAYS[day % 7].astype(np.float32)
        * year.astype(np.float32)
        * (1 + 0.6 * promotion)
    )
    return Panel(
        series=np.array([f"S{number:06d}" for number in range(series)]),
        first_day=np.datetime64("2024-01-01"),
        demand=generator.poisson(mean[:, :days]).astype(float),
        regressors=promotion[:, :, None].astype(float),
        regressor_names=("promotion",),
        static={"category": np.array([f"C{number % 20}" for number in range(series)])},
    )


def measured(what: str, work: Callable[[], object], series: int) -> float:
    """Runs it, says what it cost, and returns CPU seconds."""
    before, started = _cpu(), time.perf_counter()
    work()
    wall, cpu = time.perf_counter() - started, _cpu() - before
    peak = (
        max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        / 1024
    )
    print(
        f"{what}: {wall:.0f} s, {cpu:.0f} s of CPU, {1000 * cpu / series:.2f} ms a series, "
        f"largest process {peak:.0f} MiB",
        flush=True,
    )
    return cpu


def _cpu() -> float:
    """Of this process and of the workers that have ended: each measurement ends them."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def tested(panel: Panel, names: tuple[str, ...], windows: int, fan_out: FanOut) -> Calibration:
    made = backtest(panel, Windows(windows, HORIZON, HORIZON), names, Setting(), fan_out=fan_out, report=say)
    return calibrated(made, seed=0)


def arima_with_defaults(panel: Panel, count: int) -> None:
    from statsforecast.models import AutoARIMA

    for demand in panel.demand[:count]:
        AutoARIMA(season_length=7).forecast(demand, h=HORIZON)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=("nightly", "backtest", "arima", "growth", "huge"))
    parser.add_argument("--series", type=int)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--every", action="store_true", help="all members carry weight")
    parsed = parser.parse_args()
    fan_out = FanOut(parsed.workers)
    count = (
        parsed.series
        or {"nightly": 500, "backtest": 500, "arima": 5, "growth": 5000, "huge": 100_000}[parsed.part]
    )
    panel = made_up(count)
    if parsed.part == "nightly":
        of_few = tested(made_up(30), CHEAP, 1, fan_out)
        names = ALL if parsed.every else CHEAP
        stored = replace(of_few, weights={"all": dict.fromkeys(names, 1 / len(names))})
        measured(f"{count} series, {len(names)} members", lambda: run(panel, stored, ALL, fan_out), count)
    elif parsed.part == "backtest":
        measured(f"{count} series, 3 windows, all members", lambda: tested(panel, ALL, 3, fan_out), count)
    elif parsed.part == "arima":
        measured(
            f"AutoARIMA with its defaults, {count} series", lambda: arima_with_defaults(panel, count), count
        )
    else:
        stored = replace(
            tested(made_up(30), CHEAP, 1, fan_out), weights={"all": dict.fromkeys(CHEAP, 1 / len(CHEAP))}
        )
        for series in (50, count) if parsed.part == "growth" else (count,):
            some = panel.only(np.arange(series))
            measured(
                f"{series} series, cheap members", lambda some=some: run(some, stored, CHEAP, fan_out), series
            )
    return 0


def run(panel: Panel, stored: Calibration, names: tuple[str, ...], fan_out: FanOut) -> None:
    forecast(panel, HORIZON, calibration=stored, names=names, fan_out=fan_out, report=say)


if __name__ == "__main__":
    sys.exit(main())
