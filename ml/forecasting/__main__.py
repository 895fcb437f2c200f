"""`python -m ml.forecasting`: forecast a panel of daily demand, or measure how good its forecasts would have been."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ml.arguments import positive, seed
from ml.errors import ExplainedError
from ml.terminal import say

if TYPE_CHECKING:
    import polars as pl

    from ml.fan_out import FanOut
    from ml.forecasting.backtests.backtest import Windows
    from ml.forecasting.members.base import Setting
    from ml.forecasting.panels.reading import ReadPanel


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.forecasting", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for add in (_forecast_parser, _backtest_parser):
        add(commands)
    parsed = parser.parse_args(arguments)
    try:
        _refuse_same_files(parsed)
        return parsed.run(parsed)
    except (ExplainedError, OSError) as error:
        say(f"{type(error).__name__}: {error}", "red")
        return 1
    except KeyboardInterrupt:
        return 130


class SameFile(ExplainedError):
    """A file is given twice, and would be overwritten."""


def _refuse_same_files(parsed: argparse.Namespace) -> None:
    """Raises SameFile where what is written would be one of the other files."""
    written = ("calibration", "out", "issues") if parsed.command == "backtest" else ("out", "issues")
    names: dict[Path, str] = {}
    for name in ("panel", "future", "calibration", "out", "issues"):
        path = getattr(parsed, name)
        if path is None:
            continue
        other = names.setdefault(path.resolve(), name)
        if other != name and name in written:
            raise SameFile(f"{path} is given as {other} and as {name}; give another file for one of them")


def _command_parser(
    commands, name: str, purpose: str, *, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=purpose, description=run.__doc__, allow_abbrev=False)
    parser.set_defaults(run=run)
    parser.add_argument(
        "panel", type=Path, metavar="PANEL.parquet", help="series_id, date, quantity, regressors"
    )
    parser.add_argument("--future", type=Path, metavar="FUTURE.parquet", help="regressors of the days ahead")
    parser.add_argument("--horizon", type=positive, default=28, help="days ahead; %(default)s")
    parser.add_argument(
        "--models", metavar="NAMES", help="members with commas, or all (the default), or cheap"
    )
    parser.add_argument(
        "--levels",
        type=_levels,
        default=(80.0, 95.0),
        help="percents that intervals hold; 80,95",
        metavar="80,95",
    )
    parser.add_argument("--windows", type=positive, default=4, help="origins of the backtest; %(default)s")
    parser.add_argument("--step", type=positive, default=28, help="days between two origins; %(default)s")
    parser.add_argument("--country", metavar="DE", help="whose public holidays count, such as DE or US-CA")
    parser.add_argument(
        "--seed", type=seed, default=0, help="the same seed gives the same bytes; %(default)s"
    )
    parser.add_argument("--workers", type=positive, help="processes; default: as many as there are cores")
    parser.add_argument(
        "--backend", default="loky", choices=("loky", "dask", "ray"), help="where work is spread"
    )
    parser.add_argument("--scheduler", metavar="HOST:PORT", help="of the Dask cluster")
    parser.add_argument(
        "--issues", type=Path, metavar="ISSUES.parquet", help="what was wrong with series and members"
    )
    return parser


def _levels(text: str) -> tuple[float, ...]:
    try:
        levels = tuple(sorted({float(word) for word in text.split(",")}))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} are no percents like 80,95") from error
    if not levels or not all(0 < level <= 99 for level in levels):
        raise argparse.ArgumentTypeError(
            f"{text!r} are no percents above 0 and up to 99, like 80,95: the errors of a backtest tell no rarer ones"
        )
    return levels


def _read(parsed: argparse.Namespace) -> "ReadPanel":
    from ml.forecasting.panels.reading import read_panel

    read = read_panel(parsed.panel, parsed.future)
    say(f"{parsed.panel.name}: {len(read.panel.series):,} series, {read.panel.days:,} days.")
    return read


def _setting(parsed: argparse.Namespace) -> "Setting":
    from ml.forecasting.members.base import Setting
    from ml.forecasting.panels.days import known_country

    return Setting(seed=parsed.seed, country=known_country(parsed.country))


def _fan_out(parsed: argparse.Namespace) -> "FanOut":
    from ml.fan_out import FanOut

    return FanOut(workers=parsed.workers or 0, backend=parsed.backend, scheduler=parsed.scheduler)


def _windows(parsed: argparse.Namespace) -> "Windows":
    from ml.forecasting.backtests.backtest import Windows

    return Windows(count=parsed.windows, horizon=parsed.horizon, step=parsed.step)


def _written(table: "pl.DataFrame", path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    table.write_parquet(beside)
    beside.replace(path)
    say(f"Written: {path}, {len(table):,} rows.")


def _tell_issues(issues, parsed: argparse.Namespace) -> None:
    from ml.forecasting.issues import issue_table

    table = issue_table(issues)
    if parsed.issues is not None:
        _written(table, parsed.issues)
    shown = table.head(10)
    for series, model, issue, detail in shown.iter_rows():
        say(f"{series} {model} {issue}: {detail}", "yellow")
    if len(table) > len(shown):
        where = "" if parsed.issues else "; --issues FILE writes all"
        say(f"… and {len(table) - len(shown)} more{where}.", "yellow")


# forecast


def _forecast_parser(commands) -> None:
    parser = _command_parser(commands, "forecast", "forecast the days after a panel", run=_forecast)
    parser.add_argument(
        "--calibration", type=Path, metavar="FILE", help="of an earlier backtest; default: a new one"
    )
    parser.add_argument("--hierarchy", metavar="NAMES", help="store,product: their sums are foretold too")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="fans of the largest series")
    parser.add_argument("--out", type=Path, required=True, metavar="FORECAST.parquet")


def _forecast(parsed: argparse.Namespace) -> int:
    """Rows of series_id, date, model, mean and the ends of intervals; the model `ensemble` is always among them."""
    from ml.forecasting.calibrations.calibration import read_calibration
    from ml.forecasting.forecast import forecast
    from ml.forecasting.members.registry import chosen

    names = chosen(parsed.models)
    attributes = tuple(parsed.hierarchy.split(",")) if parsed.hierarchy else ()
    calibration = None if parsed.calibration is None else read_calibration(parsed.calibration)
    read = _read(parsed)
    if attributes:
        from ml.forecasting.hierarchy import sums_of

        sums_of(read.panel, attributes)  # what cannot be added up is said before the work, not after it
    made = forecast(
        read.panel,
        parsed.horizon,
        calibration=calibration,
        names=names,
        levels=parsed.levels,
        setting=_setting(parsed),
        windows=_windows(parsed),
        fan_out=_fan_out(parsed),
        report=say,
    )
    table = made.table
    if attributes:
        from ml.forecasting.hierarchy import with_sums

        table = with_sums(
            read.panel,
            made,
            attributes,
            levels=parsed.levels,
            setting=_setting(parsed),
            fan_out=_fan_out(parsed),
        )
    _tell_issues([*read.issues, *made.issues], parsed)
    _written(table, parsed.out)
    if parsed.plots is not None:
        from ml.forecasting.plots import write_fans

        write_fans(read.panel, table, parsed.plots)
    return 0


# backtest


def _backtest_parser(commands) -> None:
    parser = _command_parser(commands, "backtest", "measure forecasts from past origins", run=_backtest)
    parser.add_argument("--out", type=Path, required=True, metavar="ACCURACY.parquet")
    parser.add_argument(
        "--calibration", type=Path, required=True, metavar="FILE", help="is written: weights, errors"
    )
    parser.add_argument("--plots", type=Path, metavar="DIR", help="accuracy by horizon")


def _backtest(parsed: argparse.Namespace) -> int:
    """Metrics of every member and of the ensemble, by segment and part of the horizon, and the calibration."""
    from ml.forecasting.accuracy import accuracy_table, overview
    from ml.forecasting.backtests.backtest import backtest
    from ml.forecasting.calibrations.calibration import write_calibration
    from ml.forecasting.calibrations.ensemble import calibrated
    from ml.forecasting.members.registry import chosen

    names = chosen(parsed.models)
    read = _read(parsed)
    tested = backtest(
        read.panel,
        _windows(parsed),
        names,
        _setting(parsed),
        fan_out=_fan_out(parsed),
        report=say,
    )
    calibration = calibrated(tested, seed=parsed.seed)
    table = accuracy_table(tested, levels=parsed.levels)
    _tell_issues([*read.issues, *(issue for one in tested.answers for issue in one.issues)], parsed)
    for line in overview(table):
        say(line)
    _written(table, parsed.out)
    write_calibration(calibration, parsed.calibration)
    say(f"Written: {parsed.calibration}.")
    if parsed.plots is not None:
        from ml.forecasting.plots import write_accuracy

        write_accuracy(table, parsed.plots)
    return 0


if __name__ == "__main__":
    sys.exit(main())
