"""Backtests of the platform's own demand. They take an hour, so what members answered is kept by what it was answered
from: training and evaluation of the same night, and of candidate and champion, ask the members once.

Under `lake/work/demand_backtests/` lies an .npz of arrays for each content, the newest few of them.
"""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ml.errors import ExplainedError
from ml.forecasting.answering import Answers
from ml.forecasting.backtest import Backtest, TooShortToTest, Windows, backtest
from ml.forecasting.calibration import installed_libraries
from ml.forecasting.history import history_at
from ml.forecasting.issues import Issue
from ml.forecasting.members.registry import BASELINES, CHEAP, chosen
from ml.forecasting.panel import Panel
from ml.forecasting.segments import segments
from retail_assets.demand.calibrations import fan_out_of, setting_of
from retail_assets.demand.panel import Demand, demand_at
from retail_assets.demand.settings import DemandSettings
from retail_assets.intake.ledger import newest_night
from retail_assets.lake import put_in_place, scratch_folder
from retail_assets.platform import Platform

if TYPE_CHECKING:
    from pathlib import Path

    from retail_assets.models.spec import Progress

KEPT = 4
FOLDER = "demand_backtests"


class NoDemand(ExplainedError):
    """There is no history to learn from yet."""


@dataclass(frozen=True)
class Recipe:
    """What decides a calibration beside the history."""

    members: tuple[str, ...]
    horizon: int
    windows: int
    country: str | None
    quick: bool = False
    seed: int = 0

    @classmethod
    def of(cls, platform: Platform, *, quick: bool, seed: int) -> "Recipe":
        """As the platform's settings have it; a quick one tries no dear member."""
        settings = platform.settings_of(DemandSettings)
        names = chosen(settings.demand_models)
        members = tuple(name for name in names if not quick or name in CHEAP or name in BASELINES)
        windows = settings.demand_backtest_windows
        return cls(members, settings.demand_horizon_days, windows, settings.demand_country, quick, seed)


def known_demand(platform: Platform) -> Demand:
    """Demand as the newest night has it. Raises NoDemand."""
    night = newest_night(platform.settings)
    horizon = platform.settings_of(DemandSettings).demand_horizon_days
    demand = night and demand_at(platform, night[0], horizon)
    if not demand:
        raise NoDemand("Nothing was sold yet, so there is no demand to learn from: run `make nightly`.")
    return demand


def windows_of(recipe: Recipe) -> Windows:
    return Windows(count=recipe.windows, horizon=recipe.horizon, step=recipe.horizon)


def origins_of(demand: Demand, recipe: Recipe) -> list[date]:
    """The first days foretold of the backtest. Raises TooShortToTest."""
    found = windows_of(recipe).origins(demand.panel.days)
    if not found:
        raise TooShortToTest(
            f"There are {demand.panel.days} days of sales; a backtest of {recipe.horizon} days ahead needs "
            f"{windows_of(recipe).least + recipe.horizon}."
        )
    return [day.astype(object) for origin in found for day in demand.panel.dates(origin, origin + 1)]


def backtested(platform: Platform, demand: Demand, recipe: Recipe, progress: "Progress") -> Backtest:
    """The backtest of a recipe, from what is kept where it was asked before. Raises TooShortToTest."""
    origins_of(demand, recipe)
    panel = demand.panel
    file = platform.lake.work_folder(FOLDER) / f"{content_digest(panel, recipe)}.npz"
    if (found := _kept(file, panel, recipe)) is not None:
        progress("The members answered this before: what they said is taken.")
        return found
    settings = platform.settings_of(DemandSettings)
    made = backtest(
        panel,
        windows_of(recipe),
        recipe.members,
        setting_of(settings, quick=recipe.quick, seed=recipe.seed),
        fan_out=fan_out_of(settings),
        report=progress,
    )
    _keep(platform, file, made)
    return made


def content_digest(panel: Panel, recipe: Recipe) -> str:
    """Names all that decides what members answer: history, recipe, libraries."""
    told = {**asdict(recipe), "libraries": installed_libraries(), "history": panel_digest(panel)}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def panel_digest(panel: Panel) -> str:
    """Of series, days, demand with what came back later, regressors and attributes."""
    digest = hashlib.sha256(
        json.dumps([panel.series.tolist(), str(panel.first_day), panel.demand.shape]).encode()
    )
    back = panel.returns
    for array in (panel.demand, panel.regressors, back.series, back.posted, back.lowered, back.units):
        digest.update(np.ascontiguousarray(array).tobytes())
    static = {name: values.tolist() for name, values in sorted(panel.static.items())}
    digest.update(json.dumps([static, panel.regressor_names]).encode())
    return digest.hexdigest()


def _keep(platform: Platform, file: "Path", made: Backtest) -> None:
    arrays: dict[str, np.ndarray] = {}
    for number, one in enumerate(made.answers):
        arrays |= {f"{number}/values/{name}": values for name, values in one.values.items()}
        arrays |= {f"{number}/own/{name}": own for name, own in one.own.items()}
        issues = json.dumps([asdict(issue) for issue in one.issues])
        arrays[f"{number}/issues"] = np.frombuffer(issues.encode(), dtype=np.uint8)
    with scratch_folder(platform.lake) as scratch:
        np.savez_compressed(scratch / file.name, **arrays)  # ty: ignore[invalid-argument-type]
        put_in_place(scratch / file.name, file)
    others = sorted(file.parent.glob("*.npz"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in others[KEPT:]:
        old.unlink(missing_ok=True)


def _kept(file: "Path", panel: Panel, recipe: Recipe) -> Backtest | None:
    """None where it was never answered, or the file is torn."""
    origins = windows_of(recipe).origins(panel.days)
    try:
        with np.load(file, allow_pickle=False) as arrays:
            answers = [_answers(arrays, n, panel, origin, recipe) for n, origin in enumerate(origins)]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return Backtest.of(panel, origins, recipe.horizon, answers)


def _answers(arrays, number: int, panel: Panel, origin: int, recipe: Recipe) -> Answers:
    history = history_at(panel, origin, recipe.horizon)
    parts = {"values": {}, "own": {}}
    for name in arrays.files:
        window, kind, *member = name.split("/")
        if window == str(number) and member:
            parts[kind][member[0]] = arrays[name]
    issues: Sequence[Issue] = [Issue(**one) for one in json.loads(arrays[f"{number}/issues"].tobytes())]
    return Answers(history, segments(history), parts["values"], parts["own"], issues)


def classes_of(platform: Platform, demand: Demand) -> np.ndarray:
    """`[S]` A, B or C, as product_performance has it; what did not sell lately is C."""
    from retail_assets.warehouse.reading import read_mart

    known = read_mart(platform, "product_performance", "product_id", "abc_class")
    best = known.group_by("product_id").agg(pl.col("abc_class").min())
    found = demand.pairs.join(best, on="product_id", how="left", maintain_order="left")
    return found["abc_class"].fill_null("C").to_numpy().astype(str)
