"""The decision job: what the decisions inbox takes as a file, launched by hand from the UI's Launchpad."""

from datetime import datetime

import dagster as dg

from retail_assets.config import Settings
from retail_assets.feeds.decisions.deciding import decide
from retail_assets.partitions import today

JOB_NAME = "decide"


class DecisionConfig(dg.Config):
    """One decision. Roles of the actor come from the platform's configuration."""

    kind: str
    subject: str
    actor: str
    reason: str = ""
    verdict: str = ""
    payload: str = ""


def _started_at(context: dg.OpExecutionContext) -> datetime:
    record = context.instance.get_run_record_by_id(context.run_id)
    assert record is not None, "a run that executes has a record"
    return record.create_timestamp


def decide_job(settings: Settings) -> dg.JobDefinition:
    @dg.op(description="Record the decision in the log and apply it, or refuse it with a sentence.")
    def record_decision(context: dg.OpExecutionContext, config: DecisionConfig) -> None:
        outcome = decide(
            settings=settings,
            decision_id=context.run_id,
            at=_started_at(context),
            as_of=today(settings.zone),
            actor=config.actor,
            kind=config.kind,
            subject=config.subject,
            verdict=config.verdict or None,
            reason=config.reason or None,
            payload=config.payload or None,
        )
        if not outcome.accepted:
            raise dg.Failure(outcome.message, allow_retries=False)
        context.log.info(outcome.message)

    @dg.job(name=JOB_NAME, description="Release, reload or withdraw a file; decide what later flows ask.")
    def decide_() -> None:
        record_decision()

    return decide_
