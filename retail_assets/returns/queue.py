"""The queue of operations as time passes: cases become breached, and closed ones leave, without anything coming in.

All else that changes it comes with a night or a drop, whose run publishes for everybody.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl

from retail_assets.audiences import OPERATIONS
from retail_assets.intake.ledger import newest_night
from retail_assets.platform import Platform
from retail_assets.returns.published import published
from retail_assets.warehouse.build import Wanted, build_warehouse, knows_today
from retail_assets.warehouse.build_mark import unfinished
from retail_assets.warehouse.lock import is_at_work
from retail_assets.warehouse.manifest import LAST_STEP, NOW, Manifest
from retail_assets.warehouse.publication import publish
from retail_assets.warehouse.reading import read_mart

QUEUE, MOVES_AT = "ops_queue", "moves_at"
_SHOWN = ("position", "case_id", "is_breached", "risk_label")
"""Order, breach and label."""
_NO_QUEUE = "No queue is published yet; a night does it."
_HALF_BUILT = (
    "The warehouse is half-built; the run that is at it, or the next night, publishes the queue too."
)


def why_it_can_wait(platform: Platform, now: datetime) -> str | None:
    """Why the published queue need not, or cannot, be brought up to `now`; None where it is due. Takes milliseconds."""
    queue = published(platform.lake, QUEUE)
    if queue is None or MOVES_AT not in queue.collect_schema():
        return _NO_QUEUE
    due = queue.select(pl.col(MOVES_AT).min()).collect().item()
    if due is None:
        return "Nothing is due."
    if due >= now:
        return f"Time alone changes nothing before {due.astimezone(UTC):%Y-%m-%d %H:%M} UTC."
    if is_at_work(platform.lake):
        return "A run is at work in the warehouse, and publishes the queue itself."
    return _HALF_BUILT if unfinished(platform.lake) else None


def bring_up_to(
    platform: Platform, manifest: Manifest, *, now: datetime, run_id: str, tell: Callable[[str], None]
) -> int | None:
    """Build what operations see otherwise at `now`, and publish it for them alone; the number of the release.

    None, with a sentence told, where order, breaches and labels are what is published, or the next night has to do it.
    """
    if unfinished(platform.lake):  # by a run that this one has waited for
        tell(_HALF_BUILT)
        return None
    if published(platform.lake, QUEUE) is None:  # the night that built it stopped before it published
        tell(_NO_QUEUE)
        return None
    night = newest_night(platform.settings)
    if night is None or not knows_today(platform, manifest):
        tell(
            "Code or settings changed since everything was built: the next night, or `make nightly`, does it."
        )
        return None
    theirs = {name for name, mart in platform.marts.items() if mart.audience == OPERATIONS}
    read = manifest.upstream(theirs & manifest.models.keys())
    moving = manifest.downstream(name for name in read if NOW in manifest.models[name].clocks) & read
    wanted = Wanted(step=LAST_STEP, models=moving, tested=read, is_complete=False)
    report = build_warehouse(platform, manifest, wanted, as_of=night[0], now=now, run_id=run_id, tell=tell)
    if report.problem:
        raise report.problem
    shown = published(platform.lake, QUEUE)
    built = read_mart(platform, QUEUE, *_SHOWN)
    if shown is not None and built.sort("position").equals(shown.select(_SHOWN).sort("position").collect()):
        tell("Order, breaches and labels are what is published.")
        return None
    return publish(platform=platform, as_of=night[0], run_id=run_id, audience=OPERATIONS).release
