"""Which cases escalated, against a plain reading of the rules; and what of them is not known yet."""

from datetime import datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.escalation.events import EVENTS
from ml.escalation.labels import with_labels
from tests.unit.escalation.conftest import NOW, make

HOURS = {"low": 240, "medium": 120, "high": 72, "urgent": 24}
STEP = st.tuples(
    st.integers(-10, 400),
    st.sampled_from(
        [
            ("escalated", None),
            ("status_changed", "approved"),
            ("status_changed", "in_review"),
            ("note_added", None),
        ]
        + [("priority_changed", priority) for priority in HOURS]
    ),
)


def log(*steps: tuple[int, tuple[str, str | None]], case: str = "C0") -> pl.DataFrame:
    """Events of one case, so many hours after its opening."""
    rows = [
        {"case_id": case, "at": NOW + timedelta(hours=hours), "type": kind, "to": to}
        for hours, (kind, to) in steps
    ]
    return pl.DataFrame(rows, EVENTS).sort("at", maintain_order=True)


def label(events: pl.DataFrame, *, hours: float, window_days: float = 14, **case: object) -> bool | None:
    at: datetime = NOW + timedelta(hours=hours)
    cases = with_labels(make([case]), events, as_of=at, window_days=window_days)
    return cases["escalated"][0]


def plainly(steps: list, priority: str, window_hours: int) -> bool:
    """Hour by hour: did somebody escalate, or was it active when it was past due?"""
    steps = sorted(((max(hours, 0), kind, to) for hours, (kind, to) in steps), key=lambda step: step[0])
    if any(kind == "escalated" and hours <= window_hours for hours, kind, _ in steps):
        return True
    if any(kind == "priority_changed" for _, kind, _ in steps):
        priority = "medium"
    for half_hours in range(window_hours * 2):  # between full hours, so that no change falls on it
        now = half_hours / 2 + 0.25
        happened = [(kind, to) for hours, kind, to in steps if hours <= now]
        if ("status_changed", "approved") in happened:
            return False
        priority = next((to for kind, to in reversed(happened) if kind == "priority_changed"), priority)
        if now > HOURS[priority]:
            return True
    return False


@settings(deadline=None, max_examples=60)
@given(st.lists(STEP, min_size=1, max_size=6), st.sampled_from(list(HOURS)), st.sampled_from([3, 14]))
def test_escalated_or_active_past_due_within_the_window(steps: list, priority: str, days: int) -> None:
    steps = [step for n, step in enumerate(steps) if step[0] not in [other[0] for other in steps[:n]]]
    found = label(log(*steps), hours=1000, window_days=days, priority=priority)
    assert found is plainly(steps, priority, days * 24)


def test_a_young_case_is_censored_whatever_happened_so_far() -> None:
    escalated = log((5, ("escalated", None)))
    assert label(escalated, hours=14 * 24 - 1) is None
    assert label(escalated, hours=14 * 24) is True
    assert label(escalated, hours=5 * 24, window_days=5) is True


def test_a_given_label_is_final() -> None:
    assert label(log((5, ("escalated", None))), hours=1000, escalated=False) is False
    assert label(log((5, ("status_changed", "approved"))), hours=1, escalated=True) is True


def test_a_case_that_nobody_touched_in_time_was_late() -> None:
    answered = log((500, ("status_changed", "approved")))
    assert label(answered, hours=499) is None
    assert label(answered, hours=500) is True


def test_without_events_nothing_is_known() -> None:
    assert label(log((5, ("escalated", None)), case="other"), hours=1000) is None


def test_an_event_after_the_moment_of_training_is_not_read() -> None:
    steps = ((5, ("status_changed", "approved")), (900, ("escalated", None)))
    assert label(log(*steps), hours=500) is False
