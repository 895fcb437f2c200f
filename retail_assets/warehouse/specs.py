"""dbt's models as assets: keys, what they are built from, their flow and layer, their code and their data tests."""

from typing import Any

import dagster as dg

from retail_assets.dagster_kit.wiring import (
    FRESH,
    LEDGER,
    feed_key,
    file_reference,
    owners_of,
    table_key,
)
from retail_assets.platform import Platform
from retail_assets.warehouse.manifest import STAGING, Manifest, Model

DATA_TESTS = "data_tests"
"""The check of a model: all data tests that dbt knows of it."""


def model_key(model: Model) -> dg.AssetKey:
    return dg.AssetKey([model.layer, model.name])


def model_spec(platform: Platform, manifest: Manifest, model: Model) -> dg.AssetSpec:
    metadata: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(
            [
                dg.TableColumn(name, type="", description=description or None)
                for name, description in model.columns.items()
            ]
        ),
        "dagster/table_name": f"{model.layer}.{model.name}",
        **file_reference(platform.settings.dbt_project_dir / model.file),
    }
    return dg.AssetSpec(
        model_key(model),
        deps=_parents(platform, manifest, model),
        description=model.description or None,
        group_name=model.flow,
        owners=owners_of(platform, model.flow),
        kinds={"dbt", "duckdb"},
        freshness_policy=FRESH,
        metadata=metadata,
        tags={"layer": model.layer, "domain": model.flow},
        skippable=True,
    )


def _parents(platform: Platform, manifest: Manifest, model: Model) -> list[dg.AssetKey]:
    own_feed = model.name.removeprefix("stg_") if model.layer == STAGING else ""
    parents = {model_key(manifest.models[name]) for name in model.parents}
    parents |= {table_key(name) for name in model.tables}
    parents |= {feed_key(name) if name in platform.feeds else LEDGER for name in model.feeds}
    # A feed's staging model reads from the ledger which loads count, but it changes with its feed alone.
    if model.reads_ledger and own_feed not in platform.feeds:
        parents.add(LEDGER)
    return sorted(parents)


def relation_keys(platform: Platform, manifest: Manifest) -> dict[str, dg.AssetKey]:
    """Relations of the warehouse and the assets that they are."""
    keys = {model.relation: model_key(model) for model in manifest.models.values()}
    for source, relation in manifest.source_relations.items():
        schema, _, name = source.partition(".")
        if schema == "lake":
            keys[relation] = table_key(name)
        else:
            keys[relation] = feed_key(name) if name in platform.feeds else LEDGER
    return keys


def data_test_keys(manifest: Manifest) -> list[dg.AssetCheckKey]:
    """The checks of all models that have data tests."""
    return [check_spec(model).key for model in manifest.models.values() if model.tests]


def check_spec(model: Model) -> dg.AssetCheckSpec:
    """One check for all data tests of a model: what failed, and which rows, stands in its result."""
    demands = "\n".join(f"* {test.description}" for test in model.tests)
    return dg.AssetCheckSpec(
        DATA_TESTS,
        asset=model_key(model),
        description=f"dbt's tests of the model's data:\n\n{demands}",
    )
