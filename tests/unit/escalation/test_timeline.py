"""Counts and times strictly before a moment, against the plain loops that they replace."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.escalation.timeline import Clock, Timeline, in_window

TIMES = st.integers(-20, 20) | st.sampled_from([-(2**60), 2**60])
ROWS = st.lists(st.tuples(st.integers(0, 3), TIMES, st.integers(0, 9)), min_size=1, max_size=25)


@settings(deadline=None, max_examples=100)
@given(ROWS, st.integers(1, 15))
def test_only_what_came_before_counts(rows: list[tuple[int, int, int]], window: int) -> None:
    keys, times, later = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    moments, numbers = times + later, np.arange(len(rows))
    clock = Clock(times)
    timeline = Timeline(keys, clock)
    first, end = timeline.first(keys), timeline.end(keys, clock.rank(moments))
    start = timeline.end(keys, clock.rank(moments - window))
    counts = end - start - in_window(times, moments, window)
    waited = timeline.since_last(first, end, moments, numbers)
    for n in numbers:
        others = [
            int(moments[n] - times[m])
            for m in numbers
            if m != n and keys[m] == keys[n] and times[m] < moments[n]
        ]
        assert counts[n] == sum(age <= window for age in others)
        assert np.isnan(waited[n]) if not others else waited[n] == min(others)
