"""The calendar as numbers: weekdays, days of the year, public holidays."""

import numpy as np

from ml.errors import ExplainedError

WEEK = 7
YEAR = 364
"""52 weeks: a year ago is the same weekday."""
FARTHEST_HOLIDAY = 14
"""Days from which on a holiday is no longer near."""


def weekday(dates: np.ndarray) -> np.ndarray:
    """0 for Monday to 6 for Sunday of `datetime64[D]`."""
    return (dates.astype("int64") + 3) % 7


def day_of_year(dates: np.ndarray) -> np.ndarray:
    """Month times 100 plus day of the month: 1224 is Christmas Eve in any year."""
    months = dates.astype("datetime64[M]")
    return (months.astype("int64") % 12 + 1) * 100 + day_of_month(dates)


def day_of_month(dates: np.ndarray) -> np.ndarray:
    """1 to 31."""
    return (dates - dates.astype("datetime64[M]")).astype("int64") + 1


def month(dates: np.ndarray) -> np.ndarray:
    """1 to 12."""
    return dates.astype("datetime64[M]").astype("int64") % 12 + 1


def phase_of_year(dates: np.ndarray) -> np.ndarray:
    """0 on the first of January to nearly 1 on the last of December."""
    start = dates.astype("datetime64[Y]")
    return (dates - start).astype("int64") / 365.25


def public_holidays(country: str | None, dates: np.ndarray) -> dict[np.datetime64, str]:
    """Day -> name of the public holidays of a country, or of a part of it (`DE`, `US-CA`), among these dates."""
    if country is None or not len(dates):
        return {}
    import holidays

    name, _, part = country.partition("-")
    years = range(int(str(dates[0])[:4]), int(str(dates[-1])[:4]) + 1)
    found = holidays.country_holidays(name, subdiv=part or None, years=years)
    inside = {np.datetime64(day, "D"): text for day, text in sorted(found.items())}
    return {day: text for day, text in inside.items() if dates[0] <= day <= dates[-1]}


def days_to(marked: np.ndarray, *, forward: bool, most: int = FARTHEST_HOLIDAY) -> np.ndarray:
    """Days `[T]` to the next marked day, or since the last one; a marked day is 0, and far ones are `most`."""
    steps = np.full(marked.shape, most, dtype=np.int64)
    order = range(marked.shape[-1] - 1, -1, -1) if forward else range(marked.shape[-1])
    far = np.full(marked.shape[:-1], most, dtype=np.int64)
    for day in order:
        far = np.where(marked[..., day], 0, np.minimum(far + 1, most))
        steps[..., day] = far
    return steps


class NoSuchCountry(ExplainedError):
    """The `holidays` library does not know it."""


def known_country(country: str | None) -> str | None:
    """The same, once it is sure that its holidays are known."""
    if country is None:
        return None
    try:
        public_holidays(country, np.array(["2024-01-01"], dtype="datetime64[D]"))
    except (NotImplementedError, AttributeError) as error:  # how `holidays` says that it knows no such place
        raise NoSuchCountry(
            f"No holidays are known of {country!r}; give a code such as DE, or US-CA"
        ) from error
    return country
