"""Promised times with business hours and statuses in which clocks stand still, against a plain reading of the rules."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from retail_assets.flows import FLOWS
from retail_assets.platform import Platform
from retail_assets.returns import rules
from retail_assets.returns.calendar import Calendar
from retail_assets.returns.settings import ReturnSettings
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, FEW, Warehouse

ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2026, 10, 20, tzinfo=UTC)  # clocks go back five days later
NOW = datetime.combine(AS_OF, time(1), UTC)
OFFICE = Calendar(tuple((day, 9 * 60, 17 * 60) for day in range(1, 6)), (date(2026, 11, 11),))
MODELS = (
    "stg_customers",
    "stg_merchants",
    "stg_return_cases",
    "stg_return_events",
    "stg_return_documents",
    "+ops_queue",
)


@dataclass(frozen=True)
class Case:
    created: datetime
    priority: str
    changes: tuple[tuple[timedelta, str], ...]
    """Changes of status or priority, in order."""

    def happened(self) -> list[tuple[datetime, str]]:
        at, found = self.created, []
        for later, value in self.changes:
            at += later
            found.append((at, value))
        return found


def folded(case: Case) -> tuple[str, str, list[tuple[datetime, str]]]:
    """Status and priority in the end, and since when it had which status."""
    status, priority = rules.FIRST_STATUS, case.priority
    stays = [(case.created, status)]
    for at, value in case.happened():
        if value in rules.PRIORITIES:
            priority = value
        elif value in rules.TRANSITIONS[status]:
            status = value
            stays.append((at, status))
    return status, priority, stays


def open_hours(calendar: Calendar | None, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When clocks run, from the day before a moment on."""
    if calendar is None:
        yield since, datetime(2100, 1, 1, tzinfo=UTC)
        return
    day = since.astimezone(ZONE).date() - timedelta(days=1)
    while True:
        for weekday, opens, closes in calendar.windows:
            if weekday == day.isoweekday() and day not in calendar.holidays:
                midnight = datetime.combine(day, time())
                local = (midnight + timedelta(minutes=minutes) for minutes in (opens, closes))
                # Of an hour that comes twice the later one is meant.
                yield tuple(moment.replace(tzinfo=ZONE, fold=1).astimezone(UTC) for moment in local)  # ty: ignore[invalid-yield]
        day += timedelta(days=1)


def due(case: Case, hours: int, calendar: Calendar | None, paused: Sequence[str]) -> datetime | None:
    """Walk through the hours that count until those promised are used up."""
    *_, stays = folded(case)
    left = timedelta(hours=hours)
    for (since, status), (until, _) in zip(stays, [*stays[1:], (None, None)], strict=True):
        if status in paused:
            continue
        for opens, closes in open_hours(calendar, since):
            if until and opens >= until:
                break
            begins, ends = max(opens, since), min(closes, until or closes)
            if ends - begins >= left:
                return begins + left
            left -= max(ends - begins, timedelta())
    return None


MOMENTS = st.integers(0, 20 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
LATER = st.one_of(st.just(timedelta()), st.integers(1, 60 * 24 * 6 * 60).map(lambda s: timedelta(seconds=s)))
CHANGES = st.lists(st.tuples(LATER, st.sampled_from([*rules.STATUSES, *rules.PRIORITIES])), max_size=6).map(
    tuple
)
CASES = st.lists(
    st.builds(Case, MOMENTS, st.sampled_from(rules.PRIORITIES), CHANGES), min_size=1, max_size=25
)
EDGES = st.lists(st.integers(0, 24 * 4), min_size=2, max_size=4, unique=True).map(sorted)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    windows = []
    for weekday in draw(st.lists(st.integers(1, 7), min_size=1, unique=True).map(sorted)):
        edges = [quarter * 15 for quarter in draw(EDGES)]
        windows += [(weekday, *pair) for pair in zip(edges[::2], edges[1::2], strict=False)]
    holidays = draw(st.sets(st.dates(date(2026, 10, 19), date(2026, 12, 24)), max_size=8))
    return Calendar(tuple(windows), tuple(sorted(holidays)))


def built(folder: Path, cases: Sequence[Case], calendar: Calendar | None, paused: Sequence[str]) -> Warehouse:
    warehouse = Warehouse(folder)
    lake = LakeBuilder(folder)
    load(lake, cases)
    rebuild(warehouse, calendar, paused)
    return warehouse


def load(lake: LakeBuilder, cases: Sequence[Case]) -> None:
    rows = [{"case_id": f"R-{number:03}", "created_at": case.created, "priority": case.priority}
            for number, case in enumerate(cases)]  # fmt: skip
    events = [
        {"event_id": f"E-{number:03}-{place}", "case_id": f"R-{number:03}", "at": at, "actor": "u-1",
         "actor_role": "ops", "payload": value,
         "type": "priority_changed" if value in rules.PRIORITIES else "status_changed"}
        for number, case in enumerate(cases)
        for place, (at, value) in enumerate([(case.created, case.priority), *case.happened()])
    ]  # fmt: skip
    lake.load("return_cases", rows)
    lake.load("return_events", events)
    lake.write_ledger()


def rebuild(warehouse: Warehouse, calendar: Calendar | None, paused: Sequence[str]) -> None:
    own = ReturnSettings(sla_calendar=calendar, sla_paused_in=tuple(paused))
    warehouse.platform = Platform(warehouse.settings, FLOWS, {ReturnSettings: own})
    warehouse.build(*MODELS, as_of=AS_OF)


def expected(cases: Sequence[Case], calendar: Calendar | None, paused: Sequence[str]) -> list[tuple]:
    found = []
    for number, case in enumerate(cases):
        status, priority, _ = folded(case)
        first, resolution = (due(case, hours, calendar, paused) for hours in rules.SLA_HOURS[priority])
        is_breached = status not in rules.FINAL_STATUSES and resolution is not None and resolution < NOW
        found.append((f"R-{number:03}", status, priority, first, resolution, is_breached))
    return found


def told(warehouse: Warehouse) -> list[tuple]:
    return warehouse.rows(
        "select case_id, cases.status, cases.priority, cases.first_response_due_at, cases.sla_due_at, "
        "coalesce(is_breached, false) from intermediate.int_return_cases as cases "
        "left join marts.ops_queue using (case_id) order by case_id"
    )


@FEW
@given(CASES, st.one_of(st.none(), calendars()), st.sets(st.sampled_from(rules.WAITING_STATUSES)))
@example(
    [Case(START, "urgent", ((timedelta(hours=8), "waiting_customer"),))], None, {"waiting_customer"}
)  # its first hours end as it begins to wait
@example([Case(START + timedelta(days=5), "low", ())], Calendar(((7, 0, 24 * 60),)), set())
def test_they_are_what_the_rules_say(cases: list[Case], calendar: Calendar | None, paused: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert told(built(Path(folder), cases, calendar, sorted(paused))) == expected(
            cases, calendar, sorted(paused)
        )


def test_a_changed_setting_changes_cases_that_are_there(tmp_path: Path) -> None:
    cases = [
        Case(START, "high", ()),
        Case(START, "medium", ((timedelta(hours=5), "waiting_merchant"), (timedelta(hours=30), "in_review"))),
    ]
    warehouse = built(tmp_path, cases, None, ())
    for calendar, paused in ((OFFICE, ["waiting_merchant"]), (None, ())):
        rebuild(warehouse, calendar, paused)
        assert told(warehouse) == expected(cases, calendar, paused)


def test_a_change_of_priority_counts_from_creation(tmp_path: Path) -> None:
    monday = datetime(2026, 11, 2, 8, tzinfo=UTC)  # 09:00 in Berlin
    changed = Case(monday, "low", ((timedelta(hours=30), "high"),))
    [(*_, first, resolution, _)] = told(built(tmp_path, [changed], OFFICE, ()))
    assert (first, resolution) == (
        datetime(2026, 11, 4, 16, tzinfo=UTC),
        datetime(2026, 11, 13, 16, tzinfo=UTC),
    )
