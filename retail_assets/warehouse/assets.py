"""dbt's models and the publication as assets. Wiring only."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from retail_assets.dagster_kit.private import assets_of_run
from retail_assets.dagster_kit.wiring import (
    FRESH,
    Night,
    check_result,
    mart_key,
    owners_of,
    rows_table,
    table_key,
    told,
)
from retail_assets.kit.previews import harmless
from retail_assets.platform import Platform
from retail_assets.warehouse.lock import WAREHOUSE_POOL
from retail_assets.warehouse.manifest import FIRST_STEP, LAST_STEP, Manifest
from retail_assets.warehouse.project import manifest_of
from retail_assets.warehouse.specs import DATA_TESTS, check_spec, model_key, model_spec, relation_keys

if TYPE_CHECKING:
    from retail_assets.warehouse.build_report import StandingModel, TestedModel

PUBLISHED = dg.AssetKey(["published", "release"])
PUBLICATION = "publication"
READERS_FIND_THEIR_FOLDERS = "readers_find_their_folders"

TEST_SCOPE_TAG = "retail/test_scope"
"""A run tagged `all` tests everything over all of history, instead of what changed."""


def definitions(platform: Platform) -> dg.Definitions:
    """One step of dbt for the models that Python reads, where it reads any, one for all that follows, publication."""
    manifest = manifest_of(platform)
    first = manifest.before_python(platform.tables)
    rest = manifest.models.keys() - first
    steps = [_dbt_step(platform, manifest, LAST_STEP, rest, later=set())]
    if first:
        steps.insert(0, _dbt_step(platform, manifest, FIRST_STEP, first, later=rest))
    return dg.Definitions(assets=[*steps, _published(platform)])


def _dbt_step(
    platform: Platform, manifest: Manifest, step: str, names: set[str], *, later: set[str]
) -> dg.AssetsDefinition:
    models = [manifest.models[name] for name in sorted(names)]

    @dg.multi_asset(
        name=step,
        specs=[model_spec(platform, manifest, model) for model in models],
        check_specs=[check_spec(model) for model in models if model.tests],
        can_subset=True,
        pool=WAREHOUSE_POOL,
    )
    @told(platform)
    def build(context: dg.AssetExecutionContext) -> Iterator[Any]:
        from retail_assets.warehouse.build import Wanted, build_warehouse

        night = Night(context, platform)
        selected = {model.name for model in models if model_key(model) in context.selected_asset_keys}
        of_run = assets_of_run(context)
        wanted = Wanted(
            step=step,
            models=selected,
            tested={key.asset_key.path[-1] for key in context.selected_asset_check_keys},
            to_come={name for name in later if model_key(manifest.models[name]) in of_run},
            test_all_history=context.run.tags.get(TEST_SCOPE_TAG) == "all",
            is_complete=len(selected) == len(models),
        )
        report = build_warehouse(
            platform,
            manifest,
            wanted,
            as_of=night.as_of,
            now=night.now,
            run_id=context.run.run_id,
            tell=context.log.info,
        )
        keys = relation_keys(platform, manifest)
        for standing in report.models:
            yield _materialised(standing, keys)
        for tested in report.tested:
            if tested.run:  # what nobody looked at again stays in the UI as it was found
                yield _checked(tested)
        if report.problem:
            raise dg.Failure(str(report.problem), allow_retries=False)

    return build


def _materialised(standing: "StandingModel", keys: Mapping[str, dg.AssetKey]) -> dg.MaterializeResult:
    model = standing.model
    lineage = {
        column: [
            dg.TableColumnDep(key, name)
            # Tables of one source are one asset.
            for key, name in sorted(
                {(keys[relation], name) for relation, name in parents if relation in keys}
            )
        ]
        for column, parents in standing.lineage.items()
    }
    metadata: dict[str, Any] = {
        "dagster/row_count": standing.rows,
        "dagster/column_schema": dg.TableSchema(
            [
                dg.TableColumn(name, kind, description=model.columns.get(name))
                for name, kind in standing.columns.items()
            ]
        ),
        "dagster/column_lineage": dg.TableColumnLineage(lineage),
    }
    if standing.preview is not None and standing.preview.height:
        metadata["preview"] = rows_table(standing.preview)
    return dg.MaterializeResult(asset_key=model_key(model), metadata=metadata)


def _checked(tested: "TestedModel") -> dg.AssetCheckResult:
    from retail_assets.warehouse.build_report import what_broke

    failed = [test for test in tested.run if test.name in tested.failed]
    rows = [
        (test.description, "failed" if test in failed else "passed", _failures(tested, test.name), test.name)
        for test in tested.run
    ] + [(test.description, "unchanged", None, test.name) for test in tested.unchanged]
    schema = {"demands": pl.String, "result": pl.String, "rows": pl.Int64, "test": pl.String}
    metadata: dict[str, Any] = {"tests": rows_table(pl.DataFrame(rows, schema=schema, orient="row"))}
    metadata |= {f"rows of {name}": rows_table(found) for name, found in tested.failing_rows.items()}
    only_warnings = all(test.is_warning for test in failed)
    return dg.AssetCheckResult(
        asset_key=model_key(tested.model),
        check_name=DATA_TESTS,
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN if only_warnings else dg.AssetCheckSeverity.ERROR,
        description=harmless("; ".join(what_broke(test, tested.failed[test.name]) for test in failed))
        or None,
        metadata=metadata,
    )


def _failures(tested: "TestedModel", test: str) -> int:
    return tested.failed[test].failures if test in tested.failed else 0


def _published(platform: Platform) -> dg.AssetsDefinition:
    marts = [
        table_key(mart.name) if mart.name in platform.tables else mart_key(mart.name)
        for mart in platform.marts.values()
    ]

    spec = dg.AssetSpec(
        PUBLISHED,
        deps=marts,
        group_name=PUBLICATION,
        kinds={"duckdb", "parquet"},
        owners=owners_of(platform, PUBLICATION),
        freshness_policy=FRESH,
        tags={"layer": "published", "domain": PUBLICATION},
        description="What people read, in `data/published`: a DuckDB file and Parquet for each audience.",
    )

    check = dg.AssetCheckSpec(
        READERS_FIND_THEIR_FOLDERS,
        asset=PUBLISHED,
        description="Every reader with a folder of his own, a merchant say, has his id for its name.",
    )

    @dg.multi_asset(name=PUBLICATION, specs=[spec], check_specs=[check], pool=WAREHOUSE_POOL)
    @told(platform)
    def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retail_assets.intake.ledger import newest_night
        from retail_assets.warehouse.publication import publish

        night = newest_night(platform.settings)
        as_of = night[0] if night else Night(context, platform).as_of
        publication = publish(platform=platform, as_of=as_of, run_id=context.run.run_id)
        tables = pl.DataFrame(publication.tables(), orient="row")
        return dg.MaterializeResult(
            metadata={
                "as_of": as_of.isoformat(),
                "release": publication.release or "unchanged: nothing published",
                "parquet parts": f"{publication.parts_written} written, {publication.parts_linked} linked",
                "tables": rows_table(tables),
            },
            check_results=[
                check_result(
                    READERS_FIND_THEIR_FOLDERS,
                    publication.readers_finding(),
                    severity=dg.AssetCheckSeverity.WARN,
                )
            ],
        )

    return release
