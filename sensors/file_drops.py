"""File-drop sensors, one per handler: they look, remember what they saw, and start a run. Nothing heavy.

The cursor holds what the last tick saw, in the instance's database, so that a restart forgets nothing.
"""

import hashlib
import json
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING

import dagster as dg

from retail_assets.dagster_kit.private import UnresolvedAssetJobDefinition
from retail_assets.dagster_kit.wiring import FOLDERS_TAG, LEDGER, NOT_BY_MARTS, QUIET
from retail_assets.errors import ExplainedError
from retail_assets.partitions import today
from retail_assets.platform import Platform

if TYPE_CHECKING:
    from retail_assets.intake.handlers import Handler, Handlers, Inbox
    from retail_assets.intake.settling import InboxSnapshot, SeenFile

WATCHED = 500
"""Names of a folder that a cursor remembers. One settled file is enough to start a run, which takes all that are."""

HANDLER_TAG = "retail/handler"
NOT_STARTED = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]


def file_drop_sensors(platform: Platform, job: UnresolvedAssetJobDefinition) -> list[dg.SensorDefinition]:
    return [_sensor(platform, name, job) for name in platform.handler_entry_points]


def _sensor(platform: Platform, name: str, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """A sensor that starts `job` for what the files of a handler can change, once one of them has settled.

    Files that come all day long ask for one run at a time: a run that has not started yet will take them too.
    """

    @dg.sensor(
        name=f"{name}_dropped",
        job=job,
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Starts a run when a drop for `{name}` stands still over two ticks or is .done.",
    )
    def dropped(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from retail_assets.intake.settling import InboxSnapshot, settled

        before = _from_cursor(context.cursor)
        handlers = platform.handlers()
        handler = next(one for one in handlers.all if one.name == name)
        now = {inbox.folder: _seen(handlers, handler, inbox) for inbox in handlers.watched(handler)}
        ready = {
            folder: files
            for folder, snapshot in now.items()
            if (files := settled(before.get(folder, InboxSnapshot({})), snapshot))
        }
        context.update_cursor(json.dumps({folder: one.to_json() for folder, one in now.items() if one.files}))
        if not ready:
            waiting = sum(len(snapshot.files) for snapshot in now.values())
            return dg.SkipReason(f"{waiting} file(s) not settled yet." if waiting else "Nothing was dropped.")
        running = dg.RunsFilter(tags={HANDLER_TAG: name}, statuses=NOT_STARTED)
        if context.instance.get_run_ids(running, limit=1):
            return dg.SkipReason("A run that has not started yet takes what is there.")
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(
                    # The same files ask once: a run that fails leaves them to the next drop or to the night.
                    run_key=f"{name}:{_digest(ready)}",
                    run_config=QUIET,
                    partition_key=today(platform.settings.zone).isoformat(),
                    asset_selection=_selection(context, platform, handlers, ready, job),
                    tags={HANDLER_TAG: name, FOLDERS_TAG: ",".join(sorted(ready))},
                )
            ]
        )

    return dropped


def _from_cursor(cursor: str | None) -> "dict[str, InboxSnapshot]":
    from retail_assets.intake.settling import InboxSnapshot

    if not cursor:
        return {}
    return {folder: InboxSnapshot.from_json(text) for folder, text in json.loads(cursor).items()}


def _seen(handlers: "Handlers", handler: "Handler", inbox: "Inbox") -> "InboxSnapshot":
    """The files of a folder that are a handler's, and are not held back."""
    from retail_assets.intake.settling import take_snapshot

    folder, levels = inbox.folder, handlers.inboxes[inbox.folder].levels
    return take_snapshot(
        inbox.path,
        levels=levels,
        wanted=lambda name: handlers.find(folder, name) is handler and handler.holds(folder, name) is None,
        limit=WATCHED,
    )


def _digest(ready: "dict[str, dict[str, SeenFile]]") -> str:
    return hashlib.sha256(json.dumps(ready, sort_keys=True).encode()).hexdigest()[:32]


def _selection(
    context: dg.SensorEvaluationContext,
    platform: Platform,
    handlers: "Handlers",
    folders: Iterable[str],
    job: UnresolvedAssetJobDefinition,
) -> list[dg.AssetKey] | None:
    """What the drops in some folders can change; all of it, until the warehouse was built once."""
    graph = context.repository_def.asset_graph if context.repository_def else None
    if graph is None or not platform.lake.warehouse.exists():
        return None
    wanted = {dg.AssetKey(name.split("/")) for name in handlers.started_by(folders)}
    if unknown := wanted - graph.get_all_asset_keys():
        raise ExplainedError(
            f"No asset is named {', '.join(sorted(key.to_user_string() for key in unknown))}, which a handler "
            "starts: correct the `starts` of its flow."
        )
    allowed = job.selection.resolve(graph)

    def reached(start: Set[dg.AssetKey], through: Set[dg.AssetKey]) -> set[dg.AssetKey]:
        found, waiting = set(), list(start)
        while waiting:
            key = waiting.pop()
            if key in through and key not in found:
                found.add(key)
                waiting += (child for child in graph.get(key).child_keys if not spared(key, child))
        return found

    def spared(mart: dg.AssetKey, table: dg.AssetKey) -> bool:
        return mart.path[0] == "marts" and NOT_BY_MARTS.items() <= graph.get(table).tags.items()

    # Computed tables hang on the ledger too: of those a drop starts what its handler says.
    no_tables = {key for key in allowed if key.path[0] != "lake"}
    return sorted(reached(wanted, allowed) | reached({LEDGER}, no_tables))
