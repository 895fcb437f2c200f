"""The model registry as an asset, and the training of every model. Wiring only."""

import dagster as dg

from retail_assets.dagster_kit.wiring import (
    WEEKLY,
    check_result,
    feed_key,
    pictures,
    rows_table,
    table_key,
    table_spec,
    told,
    training_key,
)
from retail_assets.kit.findings import Finding
from retail_assets.model_registry.drift import drift_finding
from retail_assets.model_registry.flow import FLOW
from retail_assets.model_registry.tables import REGISTERED_MODEL_VERSIONS
from retail_assets.model_registry.training import model_asset, training_assets
from retail_assets.models.spec import ModelSpec
from retail_assets.platform import Platform

HAS_NOT_DRIFTED = "has_not_drifted"


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
    compared = [_drift_asset(platform, spec) for spec in platform.models.values() if spec.drift is not None]
    return dg.Definitions(assets=[registered_model_versions, *trained, *compared])


def drift_check(spec: ModelSpec) -> dg.AssetCheckKey:
    """Of the check that fails when a model should be trained again."""
    return dg.AssetCheckKey(training_key(f"{spec.short_name}_drift"), HAS_NOT_DRIFTED)


def _drift_asset(platform: Platform, spec: ModelSpec) -> dg.AssetsDefinition:
    compare = spec.drift
    assert compare is not None
    asset = model_asset(
        platform,
        spec,
        "drift",
        group=spec.flow,
        deps=[table_key(table) for table in spec.drift_reads],
        kind="polars",
        description=f"How far the newest examples are from what the scoring {spec.name} learned from and promised.",
        freshness=WEEKLY,
    )

    @dg.multi_asset(
        name=f"{spec.short_name}_drift",
        specs=[asset],
        check_specs=[
            dg.AssetCheckSpec(
                HAS_NOT_DRIFTED,
                asset=asset.key,
                description="Nothing is so far from the training that the model should be trained again.",
            )
        ],
    )
    @told(platform)
    def drift() -> dg.MaterializeResult:
        found = compare()
        moved = (
            {} if found.moved is None else {"largest": found.moved["psi"][0], "psi": rows_table(found.moved)}
        )
        if found.promises is not None:
            moved |= {"promises": rows_table(found.promises)}
        return dg.MaterializeResult(
            metadata={"model": found.model, "examples": found.examples, **moved, **pictures(found.figures)},
            check_results=[
                check_result(HAS_NOT_DRIFTED, drift_finding(spec, found), severity=dg.AssetCheckSeverity.WARN)
            ],
        )

    return drift
