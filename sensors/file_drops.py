"""File-drop sensors, one per inbox folder: they look, remember what they saw, and start a run. Nothing heavy.

The cursor holds what the last tick saw, in the instance's database, so that a restart forgets nothing.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from retail_assets.feeds.settling import Look, look, settled

WATCHED = 500
"""Names a cursor remembers. One settled file is enough to start a run, which takes all that are settled."""

FOLDER_TAG = "retail/folder"
NOT_STARTED = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]


def file_drop_sensor(
    *,
    folder: str,
    inbox: Path,
    job: UnresolvedAssetJobDefinition,
    reachable_feeds: Callable[[], Iterable[str]],
    today: Callable[[], str],
    nested: bool = False,
) -> dg.SensorDefinition:
    """A sensor that starts `job` for what is downstream of `folder` once a file in `inbox` has settled.

    Files that come all day long ask for one run at a time: a run that has not started yet will take them too.
    `reachable_feeds` names the feeds that a file in the folder may fill: its own, and those which a source
    mapping sends rows to.
    """

    @dg.sensor(
        name=f"{folder}_dropped",
        job=job,
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Starts a run when a file in the {folder} inbox stands still over two ticks or is .done.",
    )
    def dropped(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        before = Look.from_json(context.cursor) if context.cursor else Look({})
        now = look(inbox, nested=nested, limit=WATCHED)
        ready = settled(before, now)
        if not ready:
            context.update_cursor(now.to_json())
            waiting = f"{len(now.files)} file(s) not settled yet" if now.files else "nothing there"
            return dg.SkipReason(f"{inbox}: {waiting}.")
        waiting_runs = dg.RunsFilter(tags={FOLDER_TAG: folder}, statuses=NOT_STARTED)
        if context.instance.get_run_ids(waiting_runs, limit=1):
            context.update_cursor(now.to_json())
            return dg.SkipReason(f"{inbox}: a run that has not started yet takes what is there.")
        # The same files ask once: a run that fails leaves them to the next drop or to the night.
        key = hashlib.sha256(json.dumps(ready, sort_keys=True).encode()).hexdigest()[:32]
        graph = context.repository_def.asset_graph if context.repository_def else None
        feeds = [dg.AssetKey(["feeds", name]) for name in ["ledger", *sorted(set(reachable_feeds()))]]
        # The job says what a drop may start: training follows the ledger too, and is not among it.
        selection = dg.AssetSelection.assets(*feeds).downstream() & job.selection
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(
                    run_key=f"{folder}:{key}",
                    partition_key=today(),
                    asset_selection=sorted(selection.resolve(graph)) if graph else None,
                    tags={FOLDER_TAG: folder, "retail/files": str(len(ready))},
                )
            ],
            cursor=now.to_json(),
        )

    return dropped
