"""The members by name."""

from dataclasses import dataclass
from importlib import import_module

from ml.errors import ExplainedError
from ml.forecasting.members.base import Member, OneByOne, Whole


class NoSuchMember(ExplainedError):
    """A name that no member has."""


@dataclass(frozen=True)
class Entry:
    """Where a member is, and about what it costs: by that tasks are ordered, and the time left is estimated."""

    module: str
    """Of this package; the function in it has the name of the member. It is loaded when the member is asked for."""
    seconds_per_series: float
    seconds: float = 0.0
    cheap: bool = False
    """Its cost hardly grows with the panel: such members do for 100,000 series."""
    one_by_one: bool = False
    """Each series is fitted for itself, so that parts of a panel may go to different processes."""


ENTRIES = {
    "seasonal_naive": Entry("baselines", 0.00001, cheap=True),
    "weekday_mean": Entry("baselines", 0.00001, cheap=True),
    "cold_start": Entry("cold_start", 0.00002, cheap=True),
    "median_profile": Entry("median_profile", 0.00005, cheap=True),
    "theta": Entry("theta", 0.0002, cheap=True),
    "croston": Entry("intermittent", 0.00005, cheap=True),
    "tsb": Entry("intermittent", 0.00005, cheap=True),
    "adida": Entry("intermittent", 0.00005, cheap=True),
    "harmonic": Entry("harmonic", 0.001, cheap=True),
    "boosted": Entry("boosted", 0.001, 6, cheap=True),
    "boosted_log": Entry("boosted", 0.001, 8, cheap=True),
    "boosted_steady": Entry("boosted", 0.001, 3, cheap=True),
    "lstm": Entry("lstm", 0.001, 20, cheap=True),
    "prophet": Entry("prophet", 0.15, one_by_one=True),
    "mstl": Entry("statistical", 0.15, one_by_one=True),
    "arima": Entry("statistical", 0.4, one_by_one=True),
}
BASELINES = ("seasonal_naive", "weekday_mean", "cold_start")
"""Always there: they cost nothing, and the last two are the fallback."""
ALL = tuple(ENTRIES)
CHEAP = tuple(name for name, entry in ENTRIES.items() if entry.cheap)


def member(name: str) -> Member:
    """The member of a name. Raises NoSuchMember."""
    entry = ENTRIES.get(name)
    if entry is None:
        raise NoSuchMember(f"There is no member {name!r}; the members are {', '.join(ENTRIES)}")
    function = getattr(import_module(f"ml.forecasting.members.{entry.module}"), name)
    return OneByOne(function) if entry.one_by_one else Whole(function)


def chosen(words: str | None) -> tuple[str, ...]:
    """Names of members from `all`, `cheap` or names with commas; the baselines are always among them."""
    if words is None or words == "all":
        return ALL
    if words == "cheap":
        return CHEAP
    names = [word.strip() for word in words.split(",") if word.strip()]
    for name in names:
        if name not in ENTRIES:
            raise NoSuchMember(
                f"There is no member {name!r}; the members are {', '.join(ENTRIES)}, or all, or cheap"
            )
    return tuple(name for name in ENTRIES if name in names or name in BASELINES)
