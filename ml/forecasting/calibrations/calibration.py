"""What a backtest teaches, as one JSON file: weights per segment, quantiles of errors, health of members, versions.

Nothing in it tells the time of day, so that the same backtest gives the same bytes.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from ml.errors import ExplainedError, quoted
from ml.forecasting.calibrations.intervals import PROBABILITIES, Quantiles
from ml.forecasting.calibrations.sums import SumErrors

FORMAT = 1
LIBRARIES = ("numpy", "statsforecast", "prophet", "torch", "lightgbm", "holidays")


class CalibrationRefused(ExplainedError):
    """The file is no calibration that this code can use."""


@dataclass(frozen=True)
class Health:
    """How a member did in the backtest."""

    wape: float | None
    failed: float
    """Share of series and windows for which it had no believable forecast."""


@dataclass(frozen=True)
class Calibration:
    """What the nightly forecast needs of the last backtest."""

    horizon: int
    origins: tuple[str, ...]
    """First days foretold of the windows."""
    weights: Mapping[str, Mapping[str, float]]
    """Segment, or `all` -> member -> weight."""
    quantiles: Mapping[str, Quantiles]
    """Member, or `ensemble` -> quantiles of its scaled errors."""
    factors: Mapping[str, float]
    """Series -> how much larger its errors were than the unit says; 1 where it is missing."""
    health: Mapping[str, Health]
    biases: Mapping[str, float]
    """Segment, or `all` -> mean scaled error of the ensemble: what to add to foretell the mean, and not the median."""
    seed: int = 0
    libraries: Mapping[str, str] = field(default_factory=dict)
    sums: SumErrors = field(default_factory=SumErrors)
    regressors: tuple[str, ...] | None = None
    """What was told of days ahead and differed from day to day; None where it was not recorded."""

    @property
    def members(self) -> list[str]:
        """Those that carry weight anywhere."""
        return sorted(
            {name for weights in self.weights.values() for name, weight in weights.items() if weight > 0}
        )

    def factors_of(self, series: np.ndarray) -> np.ndarray:
        """`[S]`; 1 for a series that the backtest did not see."""
        return np.array([self.factors.get(str(name), 1.0) for name in series])


def installed_libraries() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def as_json(calibration: Calibration) -> str:
    return (
        json.dumps({"format": FORMAT, **asdict(calibration)}, indent=1, sort_keys=True, allow_nan=False)
        + "\n"
    )


def write_calibration(calibration: Calibration, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(as_json(calibration), encoding="utf-8")
    beside.replace(path)


def read_calibration(path: Path) -> Calibration:
    if not path.is_file():
        raise CalibrationRefused(f"{path} does not exist; make one with `python -m ml.forecasting backtest`")
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except CalibrationRefused as error:
        raise CalibrationRefused(f"{path}: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise CalibrationRefused(f"{path} cannot be read: {quoted(error)}") from error


def from_json(text: str) -> Calibration:
    try:
        told = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise CalibrationRefused(f"it is no JSON ({quoted(error)}); make it again by a backtest") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise CalibrationRefused(f"it is not of format {FORMAT}; make it again by a backtest")
    try:
        return Calibration(
            horizon=int(told["horizon"]),
            origins=tuple(map(str, told["origins"])),
            weights={kind: _weights(weights) for kind, weights in told["weights"].items()},
            quantiles={
                name: _quantiles(told["quantiles"][name]) for name in sorted({"ensemble", *told["quantiles"]})
            },
            factors=_numbers(told["factors"]),
            health={name: Health(**of) for name, of in told["health"].items()},
            biases={str(kind): _finite(bias) for kind, bias in told["biases"].items()},
            seed=int(told["seed"]),
            libraries=dict(told["libraries"]),
            # Not in what was learnt before sums were.
            sums=_sums(told.get("sums", {})),
            regressors=_names(told.get("regressors")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CalibrationRefused(
            f"it is not whole ({type(error).__name__}); make it again by a backtest"
        ) from error


def _quantiles(told: Mapping[str, Any]) -> Quantiles:
    found = {
        str(kind): {str(part): [_finite(error) for error in errors] for part, errors in parts.items()}
        for kind, parts in told.items()
    }
    for parts in found.values():
        if any(len(errors) != len(PROBABILITIES) or errors != sorted(errors) for errors in parts.values()):
            raise ValueError("errors that are no quantiles")
    return found


def _weights(told: Mapping[str, Any]) -> dict[str, float]:
    weights = _numbers(told)
    if not 0.5 <= sum(weights.values()) <= 2:
        raise ValueError("weights that do not add up to about 1")
    return weights


def _finite(told: Any) -> float:
    if not math.isfinite(number := float(told)):
        raise ValueError("a number that is none")
    return number


def _names(told: list | None) -> tuple[str, ...] | None:
    return None if told is None else tuple(map(str, told))


def _sums(told: Mapping[str, Any]) -> SumErrors:
    return SumErrors(_quantiles(told.get("quantiles", {})), _numbers(told.get("factors", {})))


def _numbers(told: Mapping[str, Any]) -> dict[str, float]:
    numbers = {str(name): float(value) for name, value in told.items()}
    if any(not 0 <= value < 1e6 for value in numbers.values()):
        raise ValueError("a weight or factor that is none")
    return numbers
