"""Which model a run scores with: the champion, or, when the registry cannot say, the model that comes with the code."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ml.errors import ExplainedError
from ml.tracking.champion import NoChampion, resolve_champion
from ml.tracking.registry import RegistryUnreachable
from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.models.spec import ModelSpec, registry_of

FROM_REGISTRY, FROM_PACKAGE = "registry", "packaged"
"""Where the model of a run came from; stands on every row that it scores."""

_Loaded = TypeVar("_Loaded")


class NoModel(ExplainedError):
    """Nothing can score: the registry has no champion, and no model comes with the code."""


@dataclass(frozen=True)
class ResolvedModel(Generic[_Loaded]):
    """The model of a run, loaded."""

    loaded: _Loaded
    source: str
    """FROM_REGISTRY or FROM_PACKAGE."""
    why_packaged: str | None = None


def resolve_model(
    settings: Settings,
    spec: ModelSpec,
    load: Callable[[Path, str | None], _Loaded],
    *,
    unusable: type[Exception] | tuple[type[Exception], ...],
) -> ResolvedModel[_Loaded]:
    """Choose and load the model of a run; called once a run, so that a run has one model.

    `load` makes a model of its folder and version, and raises one of `unusable` for a folder that is none: such a
    champion is as good as out of reach. Raises NoModel when nothing can score.
    """
    cache = Lake(settings.data_dir).work_folder("models")
    try:
        champion = resolve_champion(registry_of(settings), spec.name, cache=cache)
        try:
            return ResolvedModel(load(champion.folder, champion.version), FROM_REGISTRY)
        except unusable as error:
            why = f"The champion, version {champion.version}, cannot be loaded: {error}"
    except NoChampion as error:
        # What comes with the code, set-up makes champion; of others there is none before one was trained.
        how = f"train a version and promote it: `make run JOB=train_{spec.short_name}`."
        train = f"The registry has no champion of {spec.name}: {how}"
        why = str(error) if spec.packaged is not None else train
    except RegistryUnreachable as error:
        why = str(error)
    if spec.packaged is None:
        raise NoModel(f"No version of {spec.name} can score, and none comes with the code. {why}")
    return ResolvedModel(load(spec.packaged, None), FROM_PACKAGE, why)
