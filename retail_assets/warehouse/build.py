"""One build of the warehouse, or of a part of it: dbt is run, and what stands there afterwards is described."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from retail_assets.errors import ExplainedError
from retail_assets.intake.ledger import newest_night, record_night
from retail_assets.lake import Lake, file_lock
from retail_assets.platform import Platform
from retail_assets.warehouse.building import building, unfinished
from retail_assets.warehouse.changes import (
    EVERYTHING,
    built_state,
    changes_since,
    due_tests,
    look,
    run_number,
)
from retail_assets.warehouse.dbt_command import dbt_environment, dbt_target, prune_targets
from retail_assets.warehouse.dbt_run import FAILED, SKIPPED, SUCCEEDED, NodeResult, run_dbt
from retail_assets.warehouse.lineage import KnownLineage, Lineage, relations_of
from retail_assets.warehouse.manifest import MARTS, DataTest, Manifest, Model
from retail_assets.warehouse.relations import Relations, open_relations

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


@dataclass
class BuildReport:
    """What a build did."""

    models: list[StandingModel] = field(default_factory=list)
    tested: list[TestedModel] = field(default_factory=list)
    problem: ModelsFailed | None = None


@dataclass(frozen=True)
class Wanted:
    """What one build is asked for."""

    step: str
    """Which of the runs of dbt of a night it is."""
    models: Collection[str]
    tested: Collection[str]
    """Models whose data is tested."""
    to_come: Collection[str] = ()
    """Models that the same run builds later."""
    test_all_history: bool = False
    is_complete: bool = True
    """Whether these are all models of the step: only then everything that came in has been looked at."""


def build_warehouse(
    platform: Platform,
    manifest: Manifest,
    wanted: Wanted,
    *,
    as_of: date,
    now: datetime,
    run_id: str,
    tell: Callable[[str], None],
) -> BuildReport:
    """Build models under the warehouse lock. Raises DbtFailed when dbt gives no result at all."""
    lake, settings = platform.lake, platform.settings
    prune_targets(lake)
    # Marts stand at the newest night that ever ran; refilling an older one never takes them back.
    record_night(settings, as_of, now)
    newest = newest_night(settings) or (as_of, now)
    environment = dbt_environment(
        platform, as_of=newest[0], now=newest[1], test_all_history=wanted.test_all_history
    )
    with file_lock(lake.lock_file("warehouse")):
        project = _fingerprint_of(manifest, environment)
        seen = look(lake, platform.tables.values(), as_of=newest[0], now=newest[1], project=project)
        state = built_state(lake)
        known = state.seen(wanted.step)
        changes = changes_since(lake, known, seen)
        if known and changes.everything:
            state.forget()  # until all of it was built, which a build of some models does not do
        if wanted.test_all_history:
            changes = EVERYTHING
        ahead = state.ahead() & manifest.models.keys()
        changed = changes.models(manifest) | manifest.downstream(ahead)
        standing = _standing(lake, manifest)
        due, unchanged = due_tests(
            lake, manifest, wanted.tested, changed=changed, there=standing | set(wanted.models)
        )
        current = (standing & set(wanted.models)) - changed
        known_no_more = unfinished(lake) - manifest.models.keys()
        with building(lake, {*wanted.models, *known_no_more}, to_come=wanted.to_come) as stays:
            results = run_dbt(
                project=settings.dbt_project_dir,
                folder=lake.warehouse.parent,
                nodes=[*(set(wanted.models) - current), *(test.name for test in due)],
                environment=environment,
                target=dbt_target(lake, run_id),
                tell=tell,
            )
            ok = {
                n for n in wanted.models if n in current or _status(results, manifest.models[n]) == SUCCEEDED
            }
            stays |= set(wanted.models) - ok
            # Noted while the mark still stands: a build that is killed here counts as not done.
            if wanted.is_complete and not stays:
                state.note(wanted.step, seen, run_number(lake), wanted.models)
            else:
                state.note_ahead(ok - current)
        passed = {test.unique_id for test in due if _status(results, test) == SUCCEEDED}
        state.note_passed(state.passed() - {test.unique_id for test in due} | passed)
        with open_relations(lake) as relations:
            return BuildReport(
                _described(lake, manifest, ok, results, relations),
                _judged(manifest, due, unchanged, results, relations),
                _problem(manifest, wanted.models, due, results),
            )


def _status(results: Mapping[str, NodeResult], node: Model | DataTest) -> str:
    return results[node.unique_id].status if node.unique_id in results else SKIPPED


def _fingerprint_of(manifest: Manifest, environment: Mapping[str, str]) -> str:
    """Of the project's code and the settings that models read."""
    told = {name: value for name, value in environment.items() if name not in ("RETAIL_AS_OF", "RETAIL_NOW")}
    told.pop("RETAIL_TEST_ALL_HISTORY", None)
    return hashlib.sha256(json.dumps([manifest.code, told], sort_keys=True).encode()).hexdigest()[:16]


def _standing(lake: Lake, manifest: Manifest) -> set[str]:
    """Models that the warehouse holds, finished."""
    if not lake.warehouse.exists():
        return set()
    with open_relations(lake) as relations:
        there = {m.name for m in manifest.models.values() if m.relation in relations.columns}
    return there - unfinished(lake)


def _described(
    lake: Lake,
    manifest: Manifest,
    names: Collection[str],
    results: Mapping[str, NodeResult],
    relations: Relations,
) -> list[StandingModel]:
    known = KnownLineage(lake.warehouse.parent / "lineage.json")
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
                known.of(name, _sql(model, results), columns=columns, parents=parents),
                relations.first_rows(model.relation) if model.layer == MARTS else None,
            )
        )
    known.keep()
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
        run = [test for test in model.tests if test in due and _status(results, test) != SKIPPED]
        same = [test for test in model.tests if test in unchanged]
        failed = {test.name: results[test.unique_id] for test in run if _status(results, test) == FAILED}
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
