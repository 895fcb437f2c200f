"""The one daily partitions definition: the day of the night, in the retailer's time zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg

FIRST_NIGHT = "2024-01-01"
"""The oldest night that can be run or refilled. History files may hold older business dates."""


def nights(time_zone: str) -> dg.DailyPartitionsDefinition:
    """One partition a day, today's included: the 02:00 night of day D is partition D."""
    return dg.DailyPartitionsDefinition(start_date=FIRST_NIGHT, timezone=time_zone, end_offset=1)


def today(zone: ZoneInfo) -> date:
    """The current day at the retailer's; for the edges where a run starts without a partition."""
    return datetime.now(zone).date()


def night_of(context: dg.AssetExecutionContext, zone: ZoneInfo) -> date:
    """The night a run works on: its partition, else today."""
    partition = context.run.tags.get("dagster/partition")
    return date.fromisoformat(partition) if partition else today(zone)
