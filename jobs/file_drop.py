"""The job that file-drop sensors launch, narrowed by each of them to what the dropped files can change."""

import dagster as dg

from jobs.nightly import everything
from retail_assets.dagster_kit.private import UnresolvedAssetJobDefinition
from retail_assets.dagster_kit.wiring import table_key
from retail_assets.platform import Platform

JOB_NAME = "file_drop"


def file_drop_job(platform: Platform) -> UnresolvedAssetJobDefinition:
    """What a drop may start: all but the tables that their flows compute at night only."""
    at_night = [table_key(table.name) for table in platform.tables.values() if table.only_at_night]
    return dg.define_asset_job(
        JOB_NAME,
        selection=everything() - dg.AssetSelection.assets(*at_night) if at_night else everything(),
        description="What dropped files can change.",
    )
