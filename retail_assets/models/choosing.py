"""Which model a run scores with: the champion, or, when the registry cannot say, the model in the box."""

from dataclasses import dataclass
from pathlib import Path

from ml.tracking.champion import resolve_champion
from ml.tracking.registry import RegistryUnreachable
from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.models.catalogue import MODELS, registry_of

REGISTRY, PACKAGED = "registry", "packaged"


@dataclass(frozen=True)
class ChosenModel:
    """The model of a run."""

    name: str
    folder: Path
    source: str
    """REGISTRY or PACKAGED; stands on every row that the model scores."""
    version: str | None
    """The registry's version; a packaged model's own version stands in its card."""
    why_packaged: str | None = None


def choose_model(settings: Settings, name: str) -> ChosenModel:
    """Resolve the champion; call it once per run, so that a run has one model."""
    cache = Lake(settings.data_dir).work_folder("models")
    try:
        resolved = resolve_champion(registry_of(settings), name, cache=cache)
    except RegistryUnreachable as error:
        return ChosenModel(name, MODELS[name].packaged, PACKAGED, None, str(error))
    return ChosenModel(name, resolved.folder, REGISTRY, resolved.version)
