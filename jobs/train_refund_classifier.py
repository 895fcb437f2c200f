"""Training the refund item classifier: launched by hand, or weekly once somebody turns the schedule on."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

JOB_NAME = "train_refund_classifier"


def train_refund_classifier_job() -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.groups("refund_training"),
        description="Labelled photos -> candidate -> evaluation on the frozen set -> gate -> champion. Takes an hour; "
        "`quick: true` in the candidate's config takes seconds, and shows that everything is connected.",
    )


def train_refund_classifier_schedule(
    job: UnresolvedAssetJobDefinition, time_zone: str
) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="train_refund_classifier_on_saturday",
        job=job,
        cron_schedule="0 6 * * 6",
        execution_timezone=time_zone,
        # Training takes both cores for an hour: somebody decides that it is worth it.
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Saturdays at 06:00 in the retailer's zone, once it is turned on.",
    )
