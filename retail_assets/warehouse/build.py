"""One build of the warehouse, or of a part of it: what has to be done is found out, and dbt does it."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from retail_assets.intake.ledger import newest_night, record_night
from retail_assets.lake import Lake
from retail_assets.platform import Platform
from retail_assets.warehouse.build_mark import building, delete_warehouse, unfinished
from retail_assets.warehouse.build_report import BuildReport, report_of
from retail_assets.warehouse.changes import (
    EVERYTHING,
    BuiltState,
    Seen,
    built_state,
    changes_since,
    due_tests,
    look,
    run_number,
)
from retail_assets.warehouse.dbt_command import dbt_environment, dbt_target, prune_targets
from retail_assets.warehouse.dbt_run import SUCCEEDED, NodeResult, run_dbt, status_of
from retail_assets.warehouse.decisions import RETRACT_NIGHT, accepted
from retail_assets.warehouse.lineage import KnownLineage
from retail_assets.warehouse.lock import warehouse_lock
from retail_assets.warehouse.manifest import LAST_STEP, DataTest, Manifest
from retail_assets.warehouse.relations import open_relations
from retail_assets.warehouse.snapshot import take_snapshot
from retail_assets.warehouse.unread_files import require_sound_files


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
    record_night(settings, as_of, now)
    with warehouse_lock(lake):
        # Marts stand at the newest night that ran; refilling an older one never takes them back.
        as_of, now = newest_night(settings) or (as_of, now)
        state = built_state(lake)
        if wanted.is_complete:
            _take_back(platform, manifest, state)
        environment = dbt_environment(
            platform, as_of=as_of, now=now, test_all_history=wanted.test_all_history
        )
        prune_targets(lake)
        project = _fingerprint_of(manifest, environment)
        take_snapshot(lake, platform.tables.values())
        seen = look(lake, platform.tables.values(), as_of=as_of, now=now, project=project)
        plan = _plan(lake, manifest, wanted, state, seen)
        if plan.stale:
            require_sound_files(settings, all_of_them=plan.of_everything)
        run = partial(
            run_dbt,
            project=settings.dbt_project_dir,
            folder=lake.warehouse.parent,
            environment=environment,
            target=dbt_target(lake, run_id),
            tell=tell,
        )
        results = _build(lake, manifest, wanted, plan, state, seen, run)
        passed = {test.unique_id for test in plan.due if status_of(results, test) == SUCCEEDED}
        state.note_passed(state.passed() - {test.unique_id for test in plan.due} | passed)
        with open_relations(lake) as relations:
            return report_of(
                KnownLineage(
                    lake.warehouse.parent / "lineage.json",
                    shared=settings.dbt_project_dir / "target" / "lineage.json",
                ),
                manifest,
                relations,
                results,
                models=wanted.models,
                standing=set(wanted.models) - _not_built(manifest, plan, results),
                due=plan.due,
                unchanged=plan.unchanged,
            )


def knows_today(platform: Platform, manifest: Manifest) -> bool:
    """Whether the last complete build was made with today's code and settings: a build of some models alone would put
    what they are now beside what the others were."""
    known = built_state(platform.lake).seen(LAST_STEP)
    return known is not None and known["project"] == _fingerprint_of(manifest, dbt_environment(platform))


def _take_back(platform: Platform, manifest: Manifest, state: BuiltState) -> None:
    """Begin from nothing where a night was taken back: what models remember of it only ever goes forward."""
    newest = max(accepted(platform.settings, RETRACT_NIGHT).values(), default=0)
    if newest != state.retraction():
        delete_warehouse(platform.lake, _standing(platform.lake, manifest))
        state.note_retraction(newest)


@dataclass(frozen=True)
class _Plan:
    """What dbt has to do."""

    stale: set[str]
    """Models that are not there, or may come out different."""
    due: list[DataTest]
    unchanged: list[DataTest]
    """Tests that would look at what they have seen."""
    of_everything: bool
    """Whether all that came in may be read again."""


def _plan(lake: Lake, manifest: Manifest, wanted: Wanted, state: BuiltState, seen: Seen) -> _Plan:
    known = state.seen(wanted.step)
    changes = changes_since(lake, known, seen)
    if known and changes.everything:
        state.forget()  # until all of it was built, which a build of some models does not do
    if wanted.test_all_history:
        changes = EVERYTHING
    changed = changes.models(manifest) | manifest.downstream(state.ahead() & manifest.models.keys())
    standing = _standing(lake, manifest)
    due, unchanged = due_tests(
        lake, manifest, wanted.tested, changed=changed, there=standing | set(wanted.models)
    )
    return _Plan(set(wanted.models) - (standing - changed), due, unchanged, changes.everything)


def _build(
    lake: Lake,
    manifest: Manifest,
    wanted: Wanted,
    plan: _Plan,
    state: BuiltState,
    seen: Seen,
    run: Callable[..., dict[str, NodeResult]],
) -> dict[str, NodeResult]:
    """Run dbt under the mark of a warehouse under construction, and note how far it came."""
    known_no_more = unfinished(lake) - manifest.models.keys()
    with building(lake, {*wanted.models, *known_no_more}, to_come=wanted.to_come) as stays:
        results = run(nodes=[*plan.stale, *(test.name for test in plan.due)])
        stays |= _not_built(manifest, plan, results)
        # Noted while the mark still stands: a build that is killed here counts as not done.
        if wanted.is_complete and not stays:
            state.note(wanted.step, seen, run_number(lake), wanted.models)
        else:
            state.note_ahead(plan.stale - stays)
    return results


def _not_built(manifest: Manifest, plan: _Plan, results: Mapping[str, NodeResult]) -> set[str]:
    return {name for name in plan.stale if status_of(results, manifest.models[name]) != SUCCEEDED}


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
