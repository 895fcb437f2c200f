"""What a long run says while it runs: how much is done, and about how long the rest will take."""

import time
from collections.abc import Callable

EVERY_SECONDS = 10.0

Report = Callable[[str], None]


def silent(said: str) -> None:
    """A report to nobody."""


class Progress:
    """Counts what is done of a known amount of work."""

    def __init__(
        self, what: str, total: float, report: Report, *, clock: Callable[[], float] = time.monotonic
    ):
        self.what = what
        self.total = total
        self.done = 0.0
        self._count = 0
        self._report = report
        self._clock = clock
        self._started = self._said = clock()

    def add(self, work: float, named: str) -> None:
        """A part is done, of so much work."""
        self.done += work
        self._count += 1
        now = self._clock()
        if now - self._said < EVERY_SECONDS:
            return
        self._said = now
        self._report(
            f"{self.what}: {self._count} parts done, {self.share:.0%}; {_time(self.left)} left ({named} done)"
        )

    @property
    def share(self) -> float:
        return min(self.done / self.total, 1.0) if self.total else 1.0

    @property
    def left(self) -> float:
        """Seconds, if the rest takes as long as what was done."""
        spent = self._clock() - self._started
        return spent * (1 - self.share) / self.share if self.share else 0.0


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
