"""What the platform has to know of a model, whatever it predicts. A flow brings a `ModelSpec` for each of its own.

Nothing here imports a model's package before it is asked to: the code location loads without torch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from ml.tracking.gate import Guard
from ml.tracking.registry import Registry
from retail_assets.config import FlowSettings, Settings
from retail_assets.lake import Lake

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from ml.tracking.registering import Registration

Progress = Callable[[str], None]


class GateSettings(FlowSettings):
    """What it takes to become champion without a person; the same for all models."""

    gate_min_real_examples: int = Field(
        20, ge=1, description="Real examples of each kind in the holdout that a promotion takes."
    )
    gate_min_gain: float = Field(
        0.002, ge=0, description="By how much a candidate has to beat the champion's main metric."
    )


@dataclass(frozen=True)
class Measured:
    """What an evaluation on the holdout found."""

    metrics: Mapping[str, float]
    """With the main metric; the naive baseline's is called `naive_<main metric>`."""
    figures: "Mapping[str, Figure]" = field(default_factory=dict)
    tables: "Mapping[str, pl.DataFrame]" = field(default_factory=dict)
    unusable: int = 0
    """Examples of the holdout that could not be used; which ones is not known."""


@dataclass(frozen=True)
class Holdout:
    """What no model learns from; all versions are judged by it."""

    digest: str
    evidence: Mapping[str, int]
    """Real examples by what the model must tell apart: classes, windows, outcomes; what does not count is zero."""
    evaluate: Callable[[Path, str], Measured]
    """Of a model folder and its version."""


@dataclass(frozen=True)
class Training:
    """How a model is trained anew. What cannot be used raises an ExplainedError."""

    options: type[BaseModel]
    """What whoever starts a training may choose; described, with defaults."""
    summary: "Callable[[], pl.DataFrame]"
    """What there is to learn from and to be judged by, counted."""
    train: "Callable[[Any, Path, str, str, Progress], Registration]"
    """Of options, a folder for the model, the moment and the command that its card names, and progress."""
    holdout: Callable[[], Holdout]
    reads: tuple[str, ...] = ()
    """Marts that it learns from."""


@dataclass(frozen=True)
class Drift:
    """How far the newest examples have moved from those that the model which scores learned from."""

    model: str
    """Version of that model."""
    examples: int = 0
    moved: "pl.DataFrame | None" = None
    """`name`, `psi` (the population stability index) and `watched` (whether it may ask for a training) of each thing
    that was compared, the largest first."""
    promises: "pl.DataFrame | None" = None
    """What is known by now of the model's newest answers beside what its training said of them: `name`, `promised`,
    `found`, and `is_kept`."""
    figures: "Mapping[str, Figure]" = field(default_factory=dict)
    unknown: str | None = None
    """Why nothing was compared."""


@dataclass(frozen=True)
class ModelSpec:
    """A model that the platform scores with."""

    name: str
    short_name: str
    """Stands in the names of its assets and of its job."""
    flow: str
    describe: "Callable[[Path, str], Registration]"
    """(model folder, origin) -> what the registry is told of it."""
    main_metric: str
    higher_is_better: bool = True
    guards: tuple[Guard, ...] = ()
    younger_as_good_within: float | None = None
    """A candidate that knows newer examples than the champion takes its place unless the main metric is worse by more
    than this, or a guard fails; None where being younger is no merit."""
    packaged: Path | None = None
    """The folder of the model that comes with the code; None where nothing scores before one was trained."""
    training: Training | None = None
    drift: Callable[[], Drift] | None = None
    """Compares with the training; once a week."""
    drift_reads: tuple[str, ...] = ()
    """Computed tables that it compares."""


def registry_of(settings: Settings) -> Registry:
    """The registry of one platform."""
    return Registry(settings.registry_url, Lake(settings.data_dir).mlflow / "artifacts")
