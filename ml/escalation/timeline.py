"""What came strictly before a moment: counts, the time since the last, sums. Sorted once per key, asked by search.

Instants are int64 microseconds, keys any non-negative int64 numbers.
"""

import numpy as np

HOUR = 3_600_000_000
DAY = 24 * HOUR


class Clock:
    """Instants as ranks among those of some rows, so that key and time fit into one number."""

    def __init__(self, times: np.ndarray) -> None:
        self.times = times
        self._ranked, self.ranks = np.unique(times, return_inverse=True)

    @property
    def step(self) -> int:
        """More than any rank."""
        return len(self._ranked) + 1

    def rank(self, moments: np.ndarray) -> np.ndarray:
        """int64 [moments]: how many different times are earlier."""
        return np.searchsorted(self._ranked, moments)


class Timeline:
    """Rows by key and then by time, in one sorted array: a binary search finds a moment among its key's rows."""

    def __init__(self, keys: np.ndarray, clock: Clock) -> None:
        self._clock = clock
        places = keys * clock.step + clock.ranks
        self.order = np.argsort(places, kind="stable")
        """int64 [rows]: the rows, by key and then by time; rows of the same time in the order they came."""
        self._places = places[self.order]

    def first(self, keys: np.ndarray) -> np.ndarray:
        """int64 [keys]: where the key's rows begin, in the timeline's order."""
        return np.searchsorted(self._places, keys * self._clock.step)

    def end(self, keys: np.ndarray, ranks: np.ndarray) -> np.ndarray:
        """int64 [keys]: where the key's rows end that are strictly earlier than moments of these ranks."""
        return np.searchsorted(self._places, keys * self._clock.step + ranks)

    def since_last(
        self, first: np.ndarray, end: np.ndarray, moments: np.ndarray, rows: np.ndarray
    ) -> np.ndarray:
        """float64 [n]: microseconds since the last row between first and end; NaN where there is none.

        `rows` are the asking rows, which do not count themselves.
        """
        last = end - 1
        last = last - (self.order[np.maximum(last, 0)] == rows)
        times = self._clock.times[self.order[np.maximum(last, 0)]]
        return np.where(last >= first, moments - times, np.nan)


def in_window(own: np.ndarray, moments: np.ndarray, window: int) -> np.ndarray:
    """Boolean [n]: whether a row's own time lies in the window before its moment, where it would count itself."""
    return (own < moments) & (own >= moments - window)
