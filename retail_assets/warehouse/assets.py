"""dbt's models and the publication as assets. Wiring only."""

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from retail_assets.config import DBT_PROJECT_DIR, Settings
from retail_assets.feeds.assets import LEDGER, OWNERS, feed_key
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.feeds.ledger import newest_night, record_night
from retail_assets.lake import Lake, file_lock
from retail_assets.partitions import night_of
from retail_assets.warehouse.building import building
from retail_assets.warehouse.dbt_command import dbt_environment, dbt_executable, dbt_target, prune_targets
from retail_assets.warehouse.dbt_events import Dbt, finished_events
from retail_assets.warehouse.publication import publish

MANIFEST = DBT_PROJECT_DIR / "target" / "manifest.json"
WAREHOUSE_POOL = "warehouse"
PUBLISHED = dg.AssetKey("published")

TEST_SCOPE_TAG = "retail/test_scope"
"""A run tagged `all` tests long marts over all of history instead of the touched dates."""


class WarehouseTranslator(DagsterDbtTranslator):
    """dbt sources are the assets of feeds and flows; models are grouped by their layer."""

    def __init__(self, freshness: dg.FreshnessPolicy) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
        self._freshness = freshness

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["sources"].get(unique_id) or manifest["nodes"][unique_id]
        if node["resource_type"] == "source":
            return spec.replace_attributes(key=_source_key(node))
        # A feed's staging model reads from the ledger which loads count, but it changes with its feed alone.
        feed = feed_key(node["name"].removeprefix("stg_"))
        deps = list(spec.deps)
        if feed in {dep.asset_key for dep in deps}:
            deps = [dep for dep in deps if dep.asset_key != LEDGER]
        return spec.replace_attributes(
            deps=deps,
            key=dg.AssetKey(node["name"]),
            group_name=node["fqn"][1] if node["resource_type"] == "model" else "staging",
            owners=OWNERS,
            kinds={"dbt", "duckdb"},
            freshness_policy=self._freshness,
        )


def _source_key(source: Mapping[str, Any]) -> dg.AssetKey:
    if source["source_name"] == "lake":
        return dg.AssetKey(source["name"])
    return feed_key(source["name"]) if source["name"] in FEEDS else LEDGER


def warehouse_assets(*, settings: Settings, freshness: dg.FreshnessPolicy) -> dg.AssetsDefinition:
    lake = Lake(settings.data_dir)

    @dbt_assets(
        manifest=MANIFEST,
        name="warehouse",
        dagster_dbt_translator=WarehouseTranslator(freshness),
        pool=WAREHOUSE_POOL,
    )
    def warehouse(context: dg.AssetExecutionContext) -> Iterator[Any]:
        # Marts stand at the newest night that ever ran; refilling an older one never takes them back.
        record_night(settings, night_of(context, settings.zone))
        environment = dbt_environment(
            settings, test_all_history=context.run.tags.get(TEST_SCOPE_TAG) == "all"
        )
        target = dbt_target(lake, context.run.run_id)
        models = {key.path[-1] for key in context.selected_asset_keys} if context.is_subset else None
        with file_lock(lake.lock_file("warehouse")), building(lake, models):
            with _environment(environment):
                dbt = Dbt(
                    project_dir=str(DBT_PROJECT_DIR),
                    profiles_dir=str(DBT_PROJECT_DIR),
                    dbt_executable=str(dbt_executable()),
                )
                command = ["build", "--exclude-resource-type", "unit_test"]
                invocation = dbt.cli(command, context=context, target_path=target)
            yield from finished_events(invocation, lake)
        prune_targets(lake)

    return warehouse


@contextmanager
def _environment(variables: Mapping[str, str]) -> Generator[None]:
    """Variables for a program that is started meanwhile, gone again afterwards."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def publication_asset(
    *, settings: Settings, freshness: dg.FreshnessPolicy, marts: list[dg.AssetKey]
) -> dg.AssetsDefinition:
    @dg.asset(
        key=PUBLISHED,
        deps=marts,
        group_name="publication",
        kinds={"duckdb", "parquet"},
        owners=OWNERS,
        freshness_policy=freshness,
        pool=WAREHOUSE_POOL,
        description="What analysts read: data/published/retail.duckdb and data/published/parquet/.",
    )
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        as_of = newest_night(settings) or night_of(context, settings.zone)
        publication = publish(settings=settings, as_of=as_of, run_id=context.run.run_id)
        for mart, rows in publication.row_counts.items():
            context.log_event(dg.AssetObservation(mart, metadata={"dagster/row_count": rows}))
        return dg.MaterializeResult(
            metadata={
                "as_of": as_of.isoformat(),
                "release": publication.release or "unchanged: nothing published",
            }
        )

    return published
