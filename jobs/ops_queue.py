"""The queue of operations, every 15 minutes: what turned breached is published for operations alone, at once."""

import dagster as dg

from retail_assets.dagster_kit.wiring import QUIET, Night, told
from retail_assets.platform import Platform
from retail_assets.warehouse.lock import WAREHOUSE_POOL
from retail_assets.warehouse.project import manifest_of

JOB_NAME = "ops_queue"


def ops_queue_job(platform: Platform) -> dg.JobDefinition:
    @dg.op(
        name="bring_ops_queue_up_to_now",
        description="Build what time alone changes for operations, and publish it where order, breach or label did.",
        pool=WAREHOUSE_POOL,
    )
    @told(platform)
    def bring_up(context: dg.OpExecutionContext) -> None:
        from retail_assets.returns.queue import bring_up_to

        night, tell = Night(context, platform), context.log.info
        release = bring_up_to(
            platform, manifest_of(platform), now=night.run_started, run_id=context.run_id, tell=tell
        )
        tell(f"Published release {release} for operations." if release else "Nothing was published.")

    @dg.job(
        name=JOB_NAME,
        description="Brings the queue of operations up to now, and publishes it for them alone where an order, a "
        "breach or a label changed.",
    )
    def ops_queue() -> None:
        bring_up()

    return ops_queue


def ops_queue_schedule(platform: Platform, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    @dg.schedule(
        job=job,
        name="ops_queue_every_15_minutes",
        cron_schedule="*/15 * * * *",
        execution_timezone=platform.settings.time_zone,
        # A look at the published queue says in milliseconds that nothing is due; then no run starts.
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every 15 minutes; starts a run only when a case in the queue became due since it was published.",
    )
    def ops_queue_every_15_minutes(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from retail_assets.returns.queue import why_it_can_wait

        reason = why_it_can_wait(platform, context.scheduled_execution_time)
        return dg.SkipReason(reason) if reason else dg.RunRequest(run_config=QUIET)

    return ops_queue_every_15_minutes
