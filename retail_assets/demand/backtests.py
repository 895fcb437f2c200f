"""Backtests of the platform's own demand: by which recipe, from which origins."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

from ml.errors import ExplainedError
from ml.forecasting.backtests.backtest import Backtest, TooShortToTest, Windows, backtest
from ml.forecasting.members.registry import BASELINES, CHEAP, chosen
from retail_assets.demand.kept_answers import content_digest, keep_answers, kept_answers
from retail_assets.demand.panel import Demand, demand_at
from retail_assets.demand.settings import DemandSettings, fan_out_of, setting_of
from retail_assets.intake.ledger import newest_night
from retail_assets.platform import Platform

if TYPE_CHECKING:
    from retail_assets.models.spec import Progress


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
    content = content_digest(panel, asdict(recipe))
    if (found := kept_answers(platform.lake, content, panel, windows_of(recipe))) is not None:
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
    keep_answers(platform.lake, content, made)
    return made
