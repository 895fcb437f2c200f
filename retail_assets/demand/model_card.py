"""What stands beside a version's calibration: for the code a card as JSON, for people one to read."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from ml.forecasting.calibrations.calibration import CalibrationRefused, read_calibration
from ml.forecasting.calibrations.ensemble import ENSEMBLE
from ml.forecasting.endpoint import endpoint
from ml.forecasting.series.segments import ALL
from ml.tracking.registering import Registration
from retail_assets.demand.backtests import Recipe
from retail_assets.demand.calibrations import CALIBRATION
from retail_assets.demand.panel import PANEL_COLUMNS
from retail_assets.demand.settings import NAME

if TYPE_CHECKING:
    from ml.forecasting.calibrations.calibration import Calibration

CARD, TEXT = "card.json", "MODEL_CARD.md"
_LIMITS = """\
## Known limits

* It foretells what sells under the promotions and opening days that are planned. It knows neither prices to come nor
  the weather, and of an event only what is a public holiday.
* `mean` is near the median. Of goods that sell rarely the sum over weeks is more: take `expected` for what is ordered.
* Days out of stock are left out where stock is known. Where nobody counts, they are learnt as days without demand.
* Its intervals hold what they say over all series of a kind, not for each series.
"""


def write_card(
    folder: Path,
    *,
    as_of: date,
    recipe: Recipe,
    command: str,
    accuracy: pl.DataFrame,
    data: Mapping[str, Any],
) -> None:
    card = {
        "model": NAME,
        "trained_at": datetime.combine(as_of, time(), UTC).isoformat(timespec="seconds"),
        "command": command,
        "recipe": asdict(recipe),
        "data": dict(data),
        "metrics": _metrics(accuracy),
    }
    (folder / CARD).write_text(json.dumps(card, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (folder / TEXT).write_text(_text(card, read_calibration(folder / CALIBRATION)), encoding="utf-8")


def read_card(folder: Path) -> dict[str, Any]:
    """Raises CalibrationRefused."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        recipe_of(card)
        return card
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CalibrationRefused(
            f"{folder} holds no demand forecast: {type(error).__name__}: {error}."
        ) from error


def recipe_of(card: Mapping[str, Any]) -> Recipe:
    told = card["recipe"]
    return Recipe(
        members=tuple(map(str, told["members"])),
        horizon=int(told["horizon"]),
        windows=int(told["windows"]),
        country=told["country"],
        quick=bool(told["quick"]),
        seed=int(told["seed"]),
    )


def registration(folder: Path, origin: str) -> Registration:
    """What the registry is told. Raises CalibrationRefused."""
    calibration, card = read_calibration(folder / CALIBRATION), read_card(folder)
    recipe = recipe_of(card)
    return Registration(
        model=NAME,
        folder=folder,
        endpoint=endpoint(calibration, PANEL_COLUMNS),
        origin=origin,
        trained_at=datetime.fromisoformat(card["trained_at"]),
        data_hash=card["data"]["sha256"],
        main_metric="wape",
        metrics=card["metrics"],
        params={**asdict(recipe), "members": ", ".join(recipe.members)},
        texts={TEXT: (folder / TEXT).read_text(encoding="utf-8")},
    )


def _metrics(accuracy: pl.DataFrame) -> dict[str, float]:
    """Of the ensemble, over all origins."""
    whole = accuracy.filter(
        (pl.col("model") == ENSEMBLE)
        & (pl.col("origin") == ALL)
        & (pl.col("segment") == ALL)
        & (pl.col("first_day") == 1)
    ).sort("last_day")
    row = whole.row(-1, named=True)
    names = ("wape", "mase", "bias", "rmse", "coverage_80", "coverage_95")
    return {name: round(row[name], 6) for name in names if row.get(name) is not None}


def _text(card: Mapping[str, Any], calibration: "Calibration") -> str:
    recipe, data = card["recipe"], card["data"]
    lines = [
        f"# {NAME}",
        "",
        f"Demand of {data['series']:,} series (a product in a store) over the next {recipe['horizon']} days, learnt "
        f"from {data['days']:,} days up to {card['trained_at'][:10]}.",
        "",
        "## How good it was",
        "",
        f"From past origins ({', '.join(calibration.origins)}), at each by weights of the other ones:",
        "",
        *(f"* {name}: {value:.4f}" for name, value in sorted(card["metrics"].items())),
        "",
        "## What carries weight",
        "",
        "| kind of series | members |",
        "|---|---|",
        *(f"| {kind} | {_weighed(of)} |" for kind, of in sorted(calibration.weights.items())),
        "",
        _LIMITS,
    ]
    return "\n".join(lines)


def _weighed(weights: Mapping[str, float]) -> str:
    ordered = sorted(weights.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{name} {weight:.2f}" for name, weight in ordered if weight > 0)
