"""Local times to instants, as SQL. A zone is a step function over local time, so it becomes a search tree of
comparisons: exact, and much cheaper than a calendar call per row.

A local time that a clock shows twice, or that it leaps over, is read with the offset in force before the change:
the first of two, and the time of a clock that nobody has put forward yet.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

FIRST_YEAR, LAST_YEAR = 1970, 2100
NO_ZONE = "Etc/UTC"
"""Another name of UTC, for times of which it is not known yet whose they are."""
_WEEK, _SECOND = timedelta(days=7), timedelta(seconds=1)

Step = tuple[datetime, timedelta]
"""From which local time on which offset applies."""


def instant_sql(local: str, zone: str) -> str:
    """SQL of the instant (TIMESTAMPTZ, in a UTC session) at which clocks of `zone` show the column `local`."""
    if zone == "UTC":
        return f"cast({local} as timestamptz)"
    return f"make_timestamptz(epoch_us({local}) - {_tree(local_steps(zone), local)})"


@cache
def local_steps(zone: str) -> tuple[Step, ...]:
    """The offsets of a zone in local time, oldest first; two changes within a week do not occur."""
    rules = ZoneInfo(zone)

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(rules).utcoffset() or timedelta()

    moment, end = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 1, 1, tzinfo=UTC)
    steps = [(datetime.min, offset(moment))]
    while moment < end:
        before, after = moment, moment + _WEEK
        if offset(before) != offset(after):
            while after - before > _SECOND:
                middle = (before + (after - before) / 2).replace(microsecond=0)
                before, after = (middle, after) if offset(middle) == offset(before) else (before, middle)
            change = after + max(offset(before), offset(after))
            steps.append((change.replace(tzinfo=None), offset(after)))
        moment += _WEEK
    return tuple(steps)


def _tree(steps: tuple[Step, ...], local: str) -> str:
    if len(steps) == 1:
        return f"{int(steps[0][1].total_seconds())}000000::bigint"
    middle = len(steps) // 2
    earlier, later = _tree(steps[:middle], local), _tree(steps[middle:], local)
    return f"case when {local} < timestamp '{steps[middle][0]}' then {earlier} else {later} end"


def instant_in(local: str, zone: str) -> str:
    """SQL of the instant at which clocks of the zone that the column `zone` names show the column `local`; null where
    there is no such zone. The same as of a zone that is known, by a calendar call per row."""
    known = ", ".join(f"'{name}'" for name in sorted(available_timezones()))
    later = f"try(timezone({zone}, {local}))"
    before = [f"{later} - interval {minutes} minute" for minutes in (60, 30)]
    earlier = " ".join(f"when try(timezone({zone}, {one})) = {local} then {one}" for one in before)
    return f"case when {zone} in ({known}) then case {earlier} else {later} end end"
