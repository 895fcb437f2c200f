"""How good forecasts would have been: `python -m benchmarks.forecasting_accuracy PANEL.parquet [--origins N]`.

Each of the last origins has its own calibration, from a backtest of the windows before it, so that it gets what
`python -m ml.forecasting forecast` would have told there; the fits of windows that several origins share are made once.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import polars as pl

from ml.fan_out import FanOut
from ml.forecasting.backtests.answering import answers_at
from ml.forecasting.backtests.backtest import Backtest
from ml.forecasting.backtests.metrics import coverage
from ml.forecasting.calibrations.ensemble import ENSEMBLE, calibrated, combined
from ml.forecasting.calibrations.intervals import interval_at
from ml.forecasting.members.base import Setting
from ml.forecasting.members.registry import chosen
from ml.forecasting.panels.reading import read_panel
from ml.terminal import say

HORIZON = 28


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("panel", type=Path)
    parser.add_argument(
        "--future", type=Path, help="regressors of the days ahead, as far as origins may know them"
    )
    parser.add_argument("--origins", type=int, default=6)
    parser.add_argument("--windows", type=int, default=4)
    parser.add_argument("--models")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="WAPE of each model and origin")
    parsed = parser.parse_args()
    panel = read_panel(parsed.panel, parsed.future).panel
    first = panel.days - HORIZON * (parsed.origins + parsed.windows)
    origins = list(range(first, panel.days - HORIZON + 1, HORIZON))
    answers = answers_at(
        panel,
        origins,
        HORIZON,
        chosen(parsed.models),
        Setting(parsed.seed),
        fan_out=FanOut(parsed.workers),
        report=say,
    )
    actual = Backtest.of(panel, origins, HORIZON, answers).actual
    rows, held = [], []
    for number in range(parsed.windows, len(origins)):
        here, now = answers[number], actual[number]
        before = slice(number - parsed.windows, number)
        calibration = calibrated(Backtest(HORIZON, answers[before], actual[before]), seed=parsed.seed)
        values = dict(here.values)
        values[ENSEMBLE] = here.history.finished(
            combined(here.values, here.own, here.kinds, calibration.weights)
        )
        told = values[ENSEMBLE]
        errors = calibration.quantiles[ENSEMBLE]
        ends = interval_at(here.history, told, here.kinds, calibration.factors_of(panel.series), errors, 80)
        counted = Backtest(HORIZON, [here], now[None]).counted[0]
        held.append(coverage(counted, *ends))
        known = ~np.isnan(now)
        for name, of in values.items():
            wape = float(np.abs(of - now)[known].sum() / now[known].sum())
            rows.append(
                {
                    "model": name,
                    "origin": str(panel.dates(here.history.days, here.history.days + 1)[0]),
                    "wape": wape,
                }
            )
        print(
            f"{rows[-1]['origin']} weights of all:",
            {n: round(w, 2) for n, w in calibration.weights["all"].items()},
        )
    table = pl.DataFrame(rows).pivot("origin", index="model", values="wape")
    table = table.with_columns(mean=pl.mean_horizontal(pl.exclude("model"))).sort("mean")
    with pl.Config(
        tbl_rows=-1, tbl_cols=-1, float_precision=4, tbl_hide_dataframe_shape=True, tbl_width_chars=140
    ):
        print(table)
    print("80% intervals of the ensemble hold", [round(share, 3) for share in held if share is not None])
    if parsed.out is not None:
        table.write_parquet(parsed.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
