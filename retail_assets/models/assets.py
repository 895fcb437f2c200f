"""The model registry as an asset, so that marts and decisions about models have their place in the graph."""

import dagster as dg

from ml.tracking.registry import RegistryUnreachable
from retail_assets.config import Settings
from retail_assets.feeds.assets import OWNERS, feed_key
from retail_assets.models.export import export_model_versions
from retail_assets.models.tables import REGISTERED_MODEL_VERSIONS

GROUP = "models"
REGISTRY = dg.AssetKey(REGISTERED_MODEL_VERSIONS.name)


def registry_asset(*, settings: Settings, freshness: dg.FreshnessPolicy) -> dg.AssetsDefinition:
    @dg.asset(
        key=REGISTRY,
        group_name=GROUP,
        # A promote_model decision moves the champion.
        deps=[feed_key("decisions")],
        kinds={"mlflow", "parquet"},
        owners=OWNERS,
        freshness_policy=freshness,
        description=REGISTERED_MODEL_VERSIONS.description,
        check_specs=[
            dg.AssetCheckSpec(
                "registry_answers", asset=REGISTRY, description="The model registry can be reached."
            )
        ],
    )
    def registered_model_versions() -> dg.MaterializeResult:
        try:
            metadata = {"versions": export_model_versions(settings)}
            passed, trouble = True, None
        except RegistryUnreachable as error:
            metadata, passed, trouble = {}, False, f"{error} Until then the last known versions stay."
        return dg.MaterializeResult(
            metadata=metadata,
            check_results=[
                dg.AssetCheckResult(passed=passed, severity=dg.AssetCheckSeverity.WARN, description=trouble)
            ],
        )

    return registered_model_versions
