"""The one place where everything meets."""

from collections.abc import Iterable
from datetime import timedelta

import dagster as dg

from jobs.decide import decide_job
from jobs.file_drop import file_drop_job
from jobs.nightly import nightly_job, nightly_schedule
from jobs.train_refund_classifier import train_refund_classifier_job, train_refund_classifier_schedule
from jobs.weekly_tests import weekly_tests_job, weekly_tests_schedule
from retail_assets.config import Settings
from retail_assets.feeds.assets import feed_assets
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.feeds.mapping.load import reachable_feeds
from retail_assets.lake import Lake
from retail_assets.models.assets import registry_asset
from retail_assets.partitions import nights, today
from retail_assets.refunds.assets import refund_assets
from retail_assets.refunds.door import FOLDER as PHOTOS
from retail_assets.refunds.training.assets import refund_training_assets
from retail_assets.warehouse.assets import publication_asset, warehouse_assets
from sensors.decisions import decision_sensor
from sensors.file_drops import file_drop_sensor

FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))
"""A night may be late by two hours before anybody is warned, and by half a day before it has failed."""


def build_defs(settings: Settings) -> dg.Definitions:
    """All definitions of one platform."""
    lake = Lake(settings.data_dir)
    partitions = nights(settings.time_zone)
    feeds = feed_assets(settings=settings, partitions=partitions, freshness=FRESH)
    refunds = refund_assets(settings=settings, partitions=partitions, freshness=FRESH)
    training = refund_training_assets(settings=settings)
    registry = registry_asset(settings=settings, freshness=FRESH)
    warehouse = warehouse_assets(settings=settings, freshness=FRESH)
    marts = [spec.key for spec in warehouse.specs if spec.group_name == "marts"]
    published = publication_asset(settings=settings, freshness=FRESH, marts=marts)
    nightly = nightly_job()
    file_drop = file_drop_job()
    weekly_tests = weekly_tests_job(warehouse)
    decide = decide_job(settings)
    train = train_refund_classifier_job()

    def this_night() -> str:
        return today(settings.zone).isoformat()

    drops = [
        file_drop_sensor(
            folder=feed.folder,
            inbox=lake.feed_inbox(feed.folder),
            job=file_drop,
            reachable_feeds=lambda folder=feed.folder: _reached(folder, lake),
            today=this_night,
            nested=feed.folder == PHOTOS,
        )
        for feed in FEEDS.values()
    ]
    return dg.Definitions(
        assets=[feeds, *refunds, *training, registry, warehouse, published],
        jobs=[nightly, file_drop, weekly_tests, decide, train],
        schedules=[
            nightly_schedule(nightly, settings.time_zone),
            weekly_tests_schedule(weekly_tests, settings.time_zone),
            train_refund_classifier_schedule(train, settings.time_zone),
        ],
        sensors=[*drops, decision_sensor(decide=decide, job=file_drop, today=this_night)],
        executor=dg.in_process_executor,
    )


def _reached(folder: str, lake: Lake) -> Iterable[str]:
    """The feeds whose models a drop in a folder builds; all of them until the warehouse was built once."""
    return reachable_feeds(folder, lake) if lake.warehouse.exists() else FEEDS


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster's own commands load; built when they ask, not when this module is imported."""
    return build_defs(Settings())
