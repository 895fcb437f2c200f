"""The model registry as an asset, and the training of every model. Wiring only."""

import dagster as dg

from retail_assets.dagster_kit.wiring import check_result, feed_key, table_key, table_spec, told
from retail_assets.kit.findings import Finding
from retail_assets.model_registry.flow import FLOW
from retail_assets.model_registry.tables import REGISTERED_MODEL_VERSIONS
from retail_assets.model_registry.training import training_assets
from retail_assets.platform import Platform


def definitions(platform: Platform) -> dg.Definitions:
    @dg.multi_asset(
        name=REGISTERED_MODEL_VERSIONS.name,
        specs=[
            table_spec(
                platform,
                FLOW,
                REGISTERED_MODEL_VERSIONS,
                # A promote_model decision moves the champion.
                deps=[feed_key("decisions")],
                kinds={"mlflow", "parquet"},
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(
                "registry_answers",
                asset=table_key(REGISTERED_MODEL_VERSIONS.name),
                description="The model registry can be reached.",
            )
        ],
    )
    @told(platform)
    def registered_model_versions() -> dg.MaterializeResult:
        from ml.tracking.registry import RegistryUnreachable
        from retail_assets.model_registry.export import export_model_versions

        try:
            metadata = {"versions": export_model_versions(platform.settings)}
            finding = Finding(passed=True)
        except RegistryUnreachable as error:
            metadata = {}
            finding = Finding(passed=False, advice=f"{error} Until then the last known versions stay.")
        return dg.MaterializeResult(
            metadata=metadata,
            check_results=[check_result("registry_answers", finding, severity=dg.AssetCheckSeverity.WARN)],
        )

    trained = [
        asset
        for spec in platform.models.values()
        if spec.training is not None
        for asset in training_assets(platform, spec)
    ]
    return dg.Definitions(assets=[registered_model_versions, *trained])
