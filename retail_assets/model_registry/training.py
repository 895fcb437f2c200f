"""Training a model as assets: data, candidate, evaluation, champion. The same for every model; wiring only."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import dagster as dg

from retail_assets.dagster_kit.wiring import (
    LEDGER,
    Night,
    config_of,
    mart_key,
    owners_of,
    pictures,
    rows_table,
    told,
    training_key,
)
from retail_assets.models.spec import GateSettings, ModelSpec, registry_of
from retail_assets.names import printable
from retail_assets.platform import Platform


def training_name(spec: ModelSpec) -> str:
    """Name of the job that trains a model."""
    return f"train_{spec.short_name}"


def training_group(spec: ModelSpec) -> str:
    return f"{spec.flow}_training"


def model_asset(
    platform: Platform,
    spec: ModelSpec,
    name: str,
    *,
    group: str,
    deps: Sequence[dg.AssetKey],
    kind: str,
    description: str,
    freshness: dg.FreshnessPolicy | None = None,
) -> dg.AssetSpec:
    """What is made of or said about a model, as `models/<short name>_<name>`."""
    return dg.AssetSpec(
        training_key(f"{spec.short_name}_{name}"),
        deps=deps,
        description=description,
        group_name=group,
        owners=owners_of(platform, spec.flow),
        kinds={kind},
        freshness_policy=freshness,
        tags={"layer": "model", "domain": spec.flow},
    )


def training_assets(platform: Platform, spec: ModelSpec) -> list[dg.AssetsDefinition]:
    """The assets of one model; launched together by the job `train_<short name>`."""
    training = spec.training
    assert training is not None
    registry = registry_of(platform.settings)

    spec_of = partial(model_asset, platform, spec, group=training_group(spec))
    data = spec_of(
        "training_data",
        deps=[LEDGER, *(mart_key(mart) for mart in training.reads)],
        kind="parquet",
        description=f"What {spec.name} learns from, and the holdout that judges it, counted.",
    )
    newest = spec_of(
        "candidate",
        deps=[data.key],
        kind="mlflow",
        description=f"A newly trained {spec.name}: the registry's next version, with the alias `candidate`.",
    )
    measured = spec_of(
        "evaluation",
        deps=[newest.key],
        kind="mlflow",
        description=f"Candidate and champion of {spec.name} on the holdout, against the naive baseline.",
    )
    judged = spec_of(
        "champion",
        deps=[measured.key],
        kind="mlflow",
        description="The gate: promotes the candidate if it beats the champion on enough real examples, else says "
        "why not. A promote_model decision overrules it, and takes a promotion back.",
    )
    options = config_of(training.options, f"{spec.short_name}_options")

    @dg.multi_asset(name=f"{spec.short_name}_training_data", specs=[data])
    @told(platform)
    def training_data() -> dg.MaterializeResult:
        counted = training.summary()
        return dg.MaterializeResult(metadata={"examples": rows_table(counted)})

    @dg.multi_asset(name=f"{spec.short_name}_candidate", specs=[newest])
    @told(platform)
    def candidate(context: dg.AssetExecutionContext, config: options) -> dg.MaterializeResult:  # ty: ignore[invalid-type-form]
        from retail_assets.models.lifecycle import train_candidate

        version = train_candidate(
            registry,
            spec,
            options=training.options.model_validate(config.model_dump()),
            trained_at=Night(context, platform).run_started,
            command=f"job {training_name(spec)}, run {context.run.run_id}",
            progress=context.log.info,
        )
        return dg.MaterializeResult(metadata=_described(version))

    @dg.multi_asset(name=f"{spec.short_name}_evaluation", specs=[measured])
    @told(platform)
    def evaluation() -> dg.MaterializeResult:
        from retail_assets.models.lifecycle import evaluate_candidate

        found = evaluate_candidate(registry, spec, cache=platform.lake.work_folder("models"))
        tables = {name: rows_table(table) for name, table in found.measured.tables.items()}
        return dg.MaterializeResult(
            metadata={**_described(found.candidate), **pictures(found.measured.figures), **tables}
        )

    @dg.multi_asset(name=f"{spec.short_name}_champion", specs=[judged])
    @told(platform)
    def champion(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from ml.tracking.registry import Tag
        from retail_assets.model_registry.export import export_model_versions
        from retail_assets.models.lifecycle import judge_candidate

        version = judge_candidate(
            registry,
            spec,
            policy=platform.settings_of(GateSettings),
            at=Night(context, platform).run_started,
        )
        export_model_versions(platform.settings)
        outcome, reason = version.tags[Tag.GATE_OUTCOME], version.tags[Tag.GATE_REASON]
        context.log.info(printable(f"{version}: {outcome}. {reason}"))
        return dg.MaterializeResult(
            metadata={"version": str(version), "gate_outcome": outcome, "gate_reason": reason}
        )

    return [training_data, candidate, evaluation, champion]


def _described(version: Any) -> dict[str, str | float]:
    from ml.tracking.registry import Tag

    return {
        **version.metrics,
        "version": str(version),
        "data_hash": version.tags.get(Tag.DATA_HASH, "unknown"),
    }
