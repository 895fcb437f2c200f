"""The job that file-drop sensors launch, narrowed by each of them to what is downstream of its feed."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

JOB_NAME = "file_drop"


def file_drop_job() -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.groups(
            "feeds", "refunds", "models", "staging", "intermediate", "marts", "publication"
        ),
        description="What is downstream of the feeds that a dropped file can reach.",
    )
