"""What a build did: how its models stand in the warehouse now, what data tests found, and what stops the run."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from retail_assets.errors import ExplainedError
from retail_assets.warehouse.dbt_run import FAILED, SKIPPED, NodeResult, status_of
from retail_assets.warehouse.lineage import KnownLineage, Lineage, relations_of
from retail_assets.warehouse.manifest import MARTS, DataTest, Manifest, Model
from retail_assets.warehouse.relations import Relations

FAILURES_SHOWN = 5
"""Failed tests of a build whose failing rows are read."""


class ModelsFailed(ExplainedError):
    """dbt could not build models, or their data broke a test that stops what follows."""


@dataclass(frozen=True)
class StandingModel:
    """A model as it stands in the warehouse after a build, which may have left it as it was."""

    model: Model
    columns: Mapping[str, str]
    """Column -> type."""
    rows: int
    lineage: Lineage
    preview: pl.DataFrame | None
    """First rows of a mart."""


@dataclass(frozen=True)
class TestedModel:
    """What the data tests of a model found."""

    model: Model
    run: Sequence[DataTest]
    failed: Mapping[str, NodeResult]
    """By name of the test."""
    unchanged: Sequence[DataTest]
    """Tests that passed before and would look at the same again."""
    failing_rows: Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class BuildReport:
    """What a build did."""

    models: list[StandingModel]
    tested: list[TestedModel]
    problem: ModelsFailed | None


def report_of(
    lineage: KnownLineage,
    manifest: Manifest,
    relations: Relations,
    results: Mapping[str, NodeResult],
    *,
    models: Collection[str],
    standing: Collection[str],
    due: Sequence[DataTest],
    unchanged: Sequence[DataTest],
) -> BuildReport:
    """Report of what was asked (`models`, tests that were `due`) and of the models that are as they should be now."""
    return BuildReport(
        _described(lineage, manifest, standing, results, relations),
        _judged(manifest, due, unchanged, results, relations),
        _problem(manifest, models, due, results),
    )


def _described(
    lineage: KnownLineage,
    manifest: Manifest,
    names: Collection[str],
    results: Mapping[str, NodeResult],
    relations: Relations,
) -> list[StandingModel]:
    built = []
    for name in manifest.in_order(names):
        model = manifest.models[name]
        columns = relations.columns.get(model.relation, {})
        parents = relations_of([*manifest.parent_relations(model), model.relation], relations.columns)
        built.append(
            StandingModel(
                model,
                columns,
                relations.row_count(model.relation),
                lineage.of(name, _sql(model, results), columns=columns, parents=parents),
                relations.first_rows(model.relation) if model.layer == MARTS else None,
            )
        )
    lineage.keep()
    return built


def _sql(model: Model, results: Mapping[str, NodeResult]) -> str | None:
    """The compiled query of a model that was built; None where it is what it was."""
    return results[model.unique_id].compiled if model.unique_id in results else None


def _judged(
    manifest: Manifest,
    due: Sequence[DataTest],
    unchanged: Sequence[DataTest],
    results: Mapping[str, NodeResult],
    relations: Relations,
) -> list[TestedModel]:
    tested = []
    shown = 0
    for model in manifest.models.values():
        # dbt leaves out the tests of what it could not build.
        run = [test for test in model.tests if test in due and status_of(results, test) != SKIPPED]
        same = [test for test in model.tests if test in unchanged]
        failed = {test.name: results[test.unique_id] for test in run if status_of(results, test) == FAILED}
        rows = {}
        for name, result in failed.items():
            if shown < FAILURES_SHOWN and result.compiled and result.failures:
                rows[name], shown = relations.failing_rows(result.compiled), shown + 1
        if run or same:
            tested.append(TestedModel(model, run, failed, same, rows))
    return tested


def what_broke(test: DataTest, result: NodeResult) -> str:
    """What a test that failed found, as a sentence."""
    if not result.failures:
        return f"{test.description} This could not be tested: {_short(result.message)}"
    return f"{result.failures:,} {'row breaks' if result.failures == 1 else 'rows break'}: {test.description}"


def _short(message: str) -> str:
    return " ".join(message.split())[:500]


def _problem(
    manifest: Manifest, models: Collection[str], due: Sequence[DataTest], results: Mapping[str, NodeResult]
) -> ModelsFailed | None:
    """What stops the run: models that could not be built, tests whose failure is an error."""
    told = [
        f"{name} could not be built: {_short(results[unique].message)}"
        for name in sorted(models)
        if (unique := manifest.models[name].unique_id) in results and results[unique].status == FAILED
    ]
    told += [
        f"{what_broke(test, result)} ({test.name})"
        for test in due
        if not test.is_warning and (result := results.get(test.unique_id)) and result.status == FAILED
    ]
    if not told:
        return None
    return ModelsFailed(
        f"{'; '.join(told)}. Nothing was published, readers keep the last release. The check `data_tests` of each "
        "model shows the rows; mend the model, or withdraw or correct the files they came from, and run again."
    )
