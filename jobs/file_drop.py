"""The job that file-drop sensors launch, narrowed by each of them to what the dropped files can change."""

import dagster as dg

from jobs.nightly import everything
from retail_assets.dagster_kit.private import UnresolvedAssetJobDefinition
from retail_assets.dagster_kit.wiring import NIGHT_ONLY

JOB_NAME = "file_drop"


def file_drop_job() -> UnresolvedAssetJobDefinition:
    """What a drop may start: all but what is tagged to run at night only."""
    ((tag, value),) = NIGHT_ONLY.items()
    return dg.define_asset_job(
        JOB_NAME,
        selection=everything() - dg.AssetSelection.tag(tag, value),
        description="What dropped files can change.",
    )
