"""Which calibration an origin's forecast takes: what backtests have taught, of days before the origin alone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from retail_assets.demand.panel import Demand
from retail_assets.demand.settings import NAME, DemandSettings, fan_out_of, setting_of
from retail_assets.demand.tables import DEMAND_CALIBRATIONS, DEMAND_FORECAST
from retail_assets.models.resolve import NoModel, resolve_model
from retail_assets.platform import Platform

if TYPE_CHECKING:
    from ml.forecasting.calibrations.calibration import Calibration

CALIBRATION = "calibration.json"
"""In the folder of a version."""
REGISTRY, QUICK = "registry", "quick"
QUICK_WINDOWS = 2
QUICK_SERVES_DAYS = 28
"""After so many days a quick calibration is made anew; that of a version serves until another one comes."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Learnt:
    """A calibration and where it comes from."""

    version: str
    source: str
    learnt_until: date
    calibration: "Calibration"
    why_quick: str | None = None
    """Why it is no version's."""
    instead_of: str | None = None
    """What the origin was weighed by before, and is not kept any more."""


def champion(platform: Platform) -> Learnt:
    """Of the version that scores. Raises NoModel."""
    from ml.forecasting.calibrations.calibration import CalibrationRefused, read_calibration

    def load(folder: Path, version: str | None) -> Learnt:
        calibration = read_calibration(folder / CALIBRATION)
        if not calibration.origins:
            raise CalibrationRefused(f"{folder} was learnt from no backtest")
        return Learnt(str(version), REGISTRY, last_day(calibration), calibration)

    model = platform.models[NAME]
    return resolve_model(platform.settings, model, load, unusable=CalibrationRefused).loaded


def last_day(calibration: "Calibration") -> date:
    """The last day that a backtest was judged by."""
    return date.fromisoformat(calibration.origins[-1]) + timedelta(days=calibration.horizon - 1)


def calibration_for(
    platform: Platform,
    demand: Demand,
    tell: Tell,
    resolve: Callable[[Platform], Learnt] = champion,
    *,
    anew: bool = False,
) -> Learnt:
    """That which the origin's forecast took before, so that a night that is run again gives the same; `anew`, or where
    that one is not kept any more, the newest."""
    before = None if anew else taken_by(platform, demand.origin)
    if before is not None:
        version, source = before
        same = kept(platform).filter(pl.col("learnt_until") < demand.origin, version=version, source=source)
        if not same.is_empty():
            why = None if source == REGISTRY else "This night was weighed by it before, and is again."
            return _read(same.sort("learnt_until").row(-1, named=True), why)
    found = newest_for(platform, demand, tell, resolve)
    if before is None or before[0] == found.version:
        return found
    return replace(found, instead_of=before[0])


def newest_for(
    platform: Platform, demand: Demand, tell: Tell, resolve: Callable[[Platform], Learnt] = champion
) -> Learnt:
    """The champion's; else the last one of a version that is kept; else a quick one, made if need be and kept."""
    origin = demand.origin
    try:
        found = resolve(platform)
        if found.learnt_until < origin:
            keep(platform, found)
            return found
        why = f"Version {found.version} has learnt from {origin} or later."
    except NoModel as error:
        why = str(error)
    earlier = kept(platform).filter(pl.col("learnt_until") < origin).sort("learnt_until")
    if not (versions := earlier.filter(source=REGISTRY)).is_empty():
        taken = pl.col("version") == (last_taken(platform, origin) or "")
        ordered = versions.sort(taken, "learnt_until", pl.col("version").cast(pl.Int64, strict=False))
        return _read(ordered.row(-1, named=True), why)
    oldest = origin - timedelta(days=1 + QUICK_SERVES_DAYS)
    if not (quick := earlier.filter(pl.col("learnt_until") >= oldest)).is_empty():
        return _read(quick.row(-1, named=True), why)
    tell(f"{why} A quick calibration is made, and kept: cheap models, {QUICK_WINDOWS} past origins.")
    made = quick_calibration(platform, demand, tell)
    keep(platform, made)
    return _read(_row(made), why)  # as it is read from then on


def quick_calibration(platform: Platform, demand: Demand, tell: Tell) -> Learnt:
    """By a backtest that takes a minute or two instead of an hour."""
    from ml.forecasting.backtests.backtest import Windows
    from ml.forecasting.forecast import own_calibration
    from ml.forecasting.members.registry import BASELINES, CHEAP, chosen

    settings = platform.settings_of(DemandSettings)
    horizon = settings.demand_horizon_days
    names = [name for name in chosen(settings.demand_models) if name in CHEAP or name in BASELINES]
    made = own_calibration(
        demand.panel,
        horizon,
        names,
        setting_of(settings, quick=True),
        Windows(count=QUICK_WINDOWS, horizon=horizon, step=horizon),
        fan_out_of(settings),
        tell,
        demand.labels,
    )
    return Learnt(f"{QUICK}-{demand.origin}", QUICK, demand.origin - timedelta(days=1), made)


def last_taken(platform: Platform, origin: date) -> str | None:
    """The version that weighed the newest night, up to an origin, that any did: a newer one was taken back since."""
    for part in reversed(DEMAND_FORECAST.parts(platform.lake)):
        if part.stem[:1].isdigit() and part.stem <= str(origin):
            version, source = _weighed_by(part)
            if source == REGISTRY:
                return version
    return None


def taken_by(platform: Platform, origin: date) -> tuple[str, str] | None:
    """Version and source that weighed the forecast of an origin, if there is one."""
    part = DEMAND_FORECAST.part(platform.lake, origin.isoformat())
    return _weighed_by(part) if part.exists() else None


def _weighed_by(part: Path) -> tuple[str, str]:
    """A part has rows, all of one calibration."""
    columns = ["calibration_version", "calibration_source"]
    return pl.read_parquet(part, columns=columns, n_rows=1, glob=False).row(0)


def kept(platform: Platform) -> pl.DataFrame:
    """All calibrations that are kept."""
    parts = DEMAND_CALIBRATIONS.parts(platform.lake)
    return pl.concat([DEMAND_CALIBRATIONS.empty(), *(pl.read_parquet(part, glob=False) for part in parts)])


def keep(platform: Platform, learnt: Learnt) -> None:
    part = f"{learnt.learnt_until}-{learnt.source}-{learnt.version}"
    DEMAND_CALIBRATIONS.write(platform.lake, part, pl.DataFrame([_row(learnt)]))


def _row(learnt: Learnt) -> dict[str, object]:
    from ml.forecasting.calibrations.calibration import as_json

    return {
        "version": learnt.version,
        "source": learnt.source,
        "learnt_until": learnt.learnt_until,
        "content": as_json(learnt.calibration),
    }


def _read(row: dict, why: str | None) -> Learnt:
    from ml.forecasting.calibrations.calibration import from_json

    return Learnt(row["version"], row["source"], row["learnt_until"], from_json(row["content"]), why)
