"""What came strictly before a moment: counts, the time since the last, sums. Sorted once per key, asked by search.

Instants are int64 microseconds, keys any non-negative int64 numbers.
"""

from dataclasses import dataclass

import numpy as np

HOUR = 3_600_000_000
DAY = 24 * HOUR


@dataclass(frozen=True)
class Place:
    """Where moments fall among the rows of their key."""

    first: np.ndarray
    """int64 [queries]: the key's first row, in the timeline's order."""
    end: np.ndarray
    """int64 [queries]: the first row that does not come before the moment."""


class Timeline:
    """Rows by key and time.

    Keys and times are put into one number, key by key and then by the rank of the time, so that one binary search
    finds a moment among its key's rows: O(log rows) per question, whatever the times are.
    """

    def __init__(self, keys: np.ndarray, times: np.ndarray) -> None:
        self._ranked = np.unique(times)
        ranks = np.searchsorted(self._ranked, times)
        places = keys * self._step + ranks
        self.order = np.argsort(places, kind="stable")
        """int64 [rows]: the rows, by key and then by time; rows of the same time in the order they came."""
        self._places = places[self.order]
        self._times = times[self.order]

    @property
    def _step(self) -> int:
        return len(self._ranked) + 1

    def before(self, keys: np.ndarray, moments: np.ndarray) -> Place:
        """The rows of each key that are strictly earlier than the moment."""
        return Place(
            np.searchsorted(self._places, keys * self._step),
            np.searchsorted(self._places, keys * self._step + np.searchsorted(self._ranked, moments)),
        )

    def count(self, keys: np.ndarray, moments: np.ndarray, window: int, own: np.ndarray) -> np.ndarray:
        """int64 [queries]: other rows of the key in the window before the moment, its start included.

        `own` holds the time of the asking row itself, which is not counted.
        """
        counted = self.before(keys, moments).end - self.before(keys, moments - window).end
        return counted - ((own < moments) & (own >= moments - window))

    def since_last(self, keys: np.ndarray, moments: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """float64 [queries]: microseconds since the key's last other row; NaN where there is none before.

        `rows` are the asking rows themselves.
        """
        place = self.before(keys, moments)
        last = place.end - 1
        last = last - (self.order[np.maximum(last, 0)] == rows)
        found = last >= place.first
        return np.where(found, moments - self._times[np.maximum(last, 0)], np.nan)
