"""Nights: which can be run, and what a run of one takes for now."""

import json
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from retail_assets.config import Settings
from retail_assets.errors import ExplainedError
from retail_assets.lake import Lake

NIGHT_STARTS = time(2)


class NoSuchNight(ExplainedError):
    """A night that cannot be run; the text says which can."""


def first_night(settings: Settings) -> date:
    """The oldest night that can be run: the setting, else what set-up fixed, else today.

    History files may hold older business dates.
    """
    if settings.first_night is not None:
        return settings.first_night
    fixed = Lake(settings.data_dir).platform_file
    if fixed.exists():
        return date.fromisoformat(json.loads(fixed.read_text(encoding="utf-8"))["first_night"])
    return today(settings.zone)


def today(zone: ZoneInfo) -> date:
    """The current day at the retailer's; for the edges where a run starts without a partition."""
    return datetime.now(zone).date()


def require_night(settings: Settings, night: date, *, newest: date) -> None:
    """Raise NoSuchNight for a night before the platform's first, or after `newest`: today's, or the newest that ever
    ran where that is later."""
    first = first_night(settings)
    can_run = f"those from {first} to {newest} can be run"
    if night < first:
        raise NoSuchNight(
            f"The night of {night} lies before this platform's first; {can_run}. To run older nights set "
            "RETAIL_FIRST_NIGHT to an earlier day."
        )
    if night > newest:
        raise NoSuchNight(f"The night of {night} has not come yet; {can_run}.")


def moment_of(night: date | None, started: datetime, zone: ZoneInfo) -> tuple[date, datetime]:
    """The night of a run and its now: the moment it started, or 02:00 of a night that is run again later.

    A run without a night takes the day on which it started.
    """
    day = started.astimezone(zone).date()
    if night is None or night == day:
        return day, started
    return night, datetime.combine(night, NIGHT_STARTS, zone)
