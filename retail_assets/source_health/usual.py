"""Is a number what it usually is? By the median and the median absolute deviation (MAD) of what came before."""

from collections.abc import Sequence
from datetime import date
from math import log, sqrt
from statistics import median

from retail_assets.source_health.settings import SourceHealthSettings

NORMAL = 1.4826
"""A MAD times this is the standard deviation of what is normally distributed."""
WEEKS = 3
"""So many weekdays of a kind make a habit."""

Before = Sequence[tuple[date, float]]
"""Nights with their values."""


def rows_are_usual(rows: int, night: date, before: Before, settings: SourceHealthSettings) -> bool:
    """Counts are compared as ratios; what chance alone may do to a small one is usual."""
    centre = median(value for _, value in before)
    if abs(rows - centre) <= settings.source_spread * sqrt(centre + 1):
        return True
    logs = [(day, log(value + 1)) for day, value in before]
    return _near(log(rows + 1), night, logs, log(settings.source_rows_factor), settings)


def share_is_usual(
    part: int, whole: int, night: date, before: Before, settings: SourceHealthSettings
) -> bool:
    """Shares are compared by their difference; `before` are the shares of other nights."""
    centre = median(share for _, share in before)
    likely = min(max(centre, 1 / whole), 1 - 1 / whole) if whole > 1 else 0.5
    chance = settings.source_spread * sqrt(likely * (1 - likely) / whole)
    return _near(part / whole, night, before, max(settings.source_share_change, chance), settings)


def _near(value: float, night: date, before: Before, at_least: float, settings: SourceHealthSettings) -> bool:
    """Near the median of all, or near what some such weekday had: sources have their Sundays."""
    centre = median(other for _, other in before)
    spread = NORMAL * median(abs(other - centre) for _, other in before)
    return abs(value - centre) <= max(at_least, settings.source_spread * spread) or any(
        abs(value - other) <= at_least for day, other in before if day.weekday() == night.weekday()
    )


def is_expected(night: date, nights: Sequence[date], came: set[date], settings: SourceHealthSettings) -> bool:
    """Whether a source is due on a night: it came every night until it stopped, or on most nights and on every such
    weekday."""
    before = [one for one in nights if min(came, default=night) <= one < night]
    until = max((one for one in before if one in came), default=None)
    lately = [one for one in before if until and one <= until][-settings.source_least_nights :]
    if len(lately) == settings.source_least_nights and all(one in came for one in lately):
        return True
    alike = [one for one in before if one.weekday() == night.weekday()]
    return (
        len(alike) >= WEEKS
        and all(one in came for one in alike)
        and 2 * len(came.intersection(before)) >= len(before)
        and len(before) >= settings.source_least_nights
    )
