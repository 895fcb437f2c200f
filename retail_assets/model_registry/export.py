"""The registry as a table of the lake, from which the mart model_versions is made."""

from ml.tracking.overview import model_versions
from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.model_registry.tables import REGISTERED_MODEL_VERSIONS
from retail_assets.models.spec import registry_of


def export_model_versions(settings: Settings) -> int:
    """Write the registry's versions; their number. Raises RegistryUnreachable, and leaves what was there then."""
    versions = model_versions(registry_of(settings))
    REGISTERED_MODEL_VERSIONS.write(Lake(settings.data_dir), "versions", versions)
    return versions.height
