"""The hours that count towards what a customer is promised: business hours by weekday, without holidays.

A YAML file, in the retailer's zone; a weekday that it does not name is closed:

    hours:
      monday: 09:00-17:00
      saturday: 10:00-12:00, 13:00-16:00
    holidays: [2026-12-24]
    holidays_of: DE-BE
"""

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from retail_assets.config import REPOSITORY
from retail_assets.errors import ExplainedError
from retail_assets.kit.yaml_files import read_yaml

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOLIDAY_YEARS = range(2000, 2051)
"""Years of which public holidays are known: the same whenever the file is read."""

_HOURS = re.compile(r"(\d\d):([0-5]\d)\s*-\s*(\d\d):([0-5]\d)")
_DAY_MINUTES = 24 * 60


class BadCalendar(ExplainedError):
    """A file of business hours that cannot be used; the text says what to change."""


@dataclass(frozen=True)
class Calendar:
    """Business hours."""

    windows: tuple[tuple[int, int, int], ...]
    """ISO weekday, and the minutes of the day at which it opens and closes; in order."""
    holidays: tuple[date, ...] = ()

    def __str__(self) -> str:
        """As dbt reads it: the same hours are the same text, wherever they come from."""
        return json.dumps({"windows": self.windows, "holidays": [day.isoformat() for day in self.holidays]})


def read_calendar(given: object) -> Calendar | None:
    """The calendar that a setting names; None for none. Raises BadCalendar."""
    if isinstance(given, Calendar):
        return given
    if not given:
        return None
    file = REPOSITORY / str(given)
    content = read_yaml(file, setting="RETAIL_SLA_CALENDAR", refused=BadCalendar)
    try:
        return _calendar(content)
    except BadCalendar as error:
        raise BadCalendar(f"{file}: {error} (RETAIL_SLA_CALENDAR)") from None


def _calendar(content: Any) -> Calendar:
    content = _mapping(content, "The file", ("hours", "holidays", "holidays_of"))
    hours = _mapping(content.get("hours"), "`hours`", WEEKDAYS)
    windows = tuple(
        (number, *window)
        for number, weekday in enumerate(WEEKDAYS, start=1)
        for window in _windows(weekday, hours.get(weekday))
    )
    if not windows:
        raise BadCalendar(
            "no hour of the week is open, so nothing would ever be due. Name some under `hours`."
        )
    listed = content.get("holidays") or []
    if not isinstance(listed, list):
        raise BadCalendar(f"`holidays` is a list of days like [2026-12-24], and this is {listed!r}.")
    return Calendar(
        windows, tuple(sorted({*map(_day, listed), *_public_holidays(content.get("holidays_of"))}))
    )


def _mapping(value: Any, what: str, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadCalendar(f"{what} must hold lines like `{known[0]}: …`; there are {', '.join(known)}.")
    for name in value:
        if name not in known:
            alike = difflib.get_close_matches(str(name).lower(), known, n=1)
            hint = f"Did you mean {alike[0]}?" if alike else f"There are {', '.join(known)}."
            raise BadCalendar(f"{what} has {name!r}, which means nothing. {hint}")
    return value


def _windows(weekday: str, value: Any) -> Iterable[tuple[int, int]]:
    """Opening and closing minute of each window of a weekday."""
    found = []
    for text in str(value).split(",") if value else []:
        match = _HOURS.fullmatch(text.strip())
        if not match:
            raise BadCalendar(f"{weekday} has {text.strip()!r}, where hours like 09:00-17:00 are expected.")
        hours, minutes, until_hours, until_minutes = map(int, match.groups())
        found.append((hours * 60 + minutes, until_hours * 60 + until_minutes))
    found.sort()
    if any(opens >= closes or closes > _DAY_MINUTES for opens, closes in found):
        raise BadCalendar(
            f"{weekday} closes before it opens, or after 24:00: {value}. A night is two weekdays' hours."
        )
    if any(before[1] > after[0] for before, after in pairwise(found)):
        raise BadCalendar(f"{weekday} has hours twice: {value}.")
    return found


def _day(value: Any) -> date:
    try:
        return value if type(value) is date else date.fromisoformat(str(value))
    except ValueError:
        raise BadCalendar(f"`holidays` has {value!r}, where a day like 2026-12-24 is expected.") from None


def _public_holidays(code: Any) -> Iterable[date]:
    """Of a country (DE) or a part of one (DE-BE), as the library `holidays` knows them."""
    if not code:
        return []
    import holidays

    country, _, part = str(code).partition("-")
    try:
        return list(holidays.country_holidays(country, subdiv=part or None, years=HOLIDAY_YEARS))
    except (NotImplementedError, KeyError) as error:  # how the library says that it knows no such place
        raise BadCalendar(
            f"`holidays_of` is {code!r}, of which no public holidays are known ({error}). Write a country as DE, or a "
            "part of one as DE-BE; or list the days under `holidays`."
        ) from None
