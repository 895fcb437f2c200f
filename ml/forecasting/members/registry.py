"""The members by name."""

from dataclasses import dataclass

from ml.errors import ExplainedError
from ml.forecasting.members.base import Member, OneByOne, Whole


class NoSuchMember(ExplainedError):
    """A name that no member has."""


@dataclass(frozen=True)
class Entry:
    """A member, and about what it costs, which decides the order of tasks and the estimate of the time left."""

    seconds_per_series: float
    seconds: float = 0.0
    cheap: bool = False
    """Its cost hardly grows with the panel: such members do for 100,000 series."""


ENTRIES = {
    "seasonal_naive": Entry(0.00001, cheap=True),
    "weekday_mean": Entry(0.00001, cheap=True),
    "cold_start": Entry(0.00002, cheap=True),
    "median_profile": Entry(0.00005, cheap=True),
    "theta": Entry(0.0002, cheap=True),
    "croston": Entry(0.00005, cheap=True),
    "tsb": Entry(0.00005, cheap=True),
    "adida": Entry(0.00005, cheap=True),
    "harmonic": Entry(0.001, cheap=True),
    "boosted": Entry(0.001, 6, cheap=True),
    "boosted_log": Entry(0.001, 4, cheap=True),
    "boosted_steady": Entry(0.001, 3, cheap=True),
    "lstm": Entry(0.001, 20, cheap=True),
    "prophet": Entry(0.15),
    "mstl": Entry(0.15),
    "arima": Entry(0.4),
}
BASELINES = ("seasonal_naive", "weekday_mean", "cold_start")
"""Always there: they cost nothing, and the last two are the fallback."""
ALL = tuple(ENTRIES)
CHEAP = tuple(name for name, entry in ENTRIES.items() if entry.cheap)


def member(name: str) -> Member:
    """The member of a name; its libraries are loaded when it answers."""
    from ml.forecasting.members import baselines, cold_start, harmonic, intermittent, theta

    match name:
        case "seasonal_naive":
            return Whole(baselines.seasonal_naive)
        case "weekday_mean":
            return Whole(baselines.weekday_mean)
        case "cold_start":
            return Whole(cold_start.cold_start)
        case "median_profile":
            return Whole(baselines.median_profile)
        case "theta":
            return Whole(theta.theta)
        case "croston":
            return Whole(intermittent.croston)
        case "tsb":
            return Whole(intermittent.tsb)
        case "adida":
            return Whole(intermittent.adida)
        case "harmonic":
            return Whole(harmonic.harmonic)
    return _heavy(name)


def _heavy(name: str) -> Member:
    """Members whose libraries take seconds to load."""
    match name:
        case "boosted" | "boosted_log" | "boosted_steady":
            from ml.forecasting.members import boosted

            return Whole(getattr(boosted, name))
        case "lstm":
            from ml.forecasting.members import lstm

            return Whole(lstm.lstm)
        case "prophet":
            from ml.forecasting.members import prophet

            return OneByOne(prophet.prophet)
        case "mstl" | "arima":
            from ml.forecasting.members import statistical

            return OneByOne(statistical.mstl if name == "mstl" else statistical.arima)
    raise NoSuchMember(f"There is no member {name!r}; the members are {', '.join(ENTRIES)}")


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
