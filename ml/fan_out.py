"""The one place that spreads work over processes: joblib, on this machine or, by its backend, on a Dask or Ray cluster.

A task that raises is answered by its error. A process that is killed takes down the whole pool: what was not finished
runs again, side by side as before. If that pool dies too, some task may be what kills it: those that can have been
running then are run one by one, one that kills its process alone is answered by `WorkerLost`, and the rest goes on side
by side.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from ml.errors import ExplainedError, quoted

BACKENDS = ("loky", "dask", "ray")
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Each task has one thread: threads of several processes on the same cores wait for each other."""


STARTED = 2
"""Tasks for each process that are handed out at a time."""
FORGIVEN = 2
"""The pool that dies so often is not killed by chance: a task may be why."""


class NoSuchBackend(ExplainedError):
    """A backend that is not known, not installed or not connected."""


@dataclass(frozen=True)
class Lost:
    """What a task is answered by when it raised or its process died."""

    error: str


@dataclass(frozen=True)
class FanOut:
    """Where tasks run."""

    workers: int = 0
    """0: as many as there are cores."""
    backend: str = "loky"
    scheduler: str | None = None
    """Address of the Dask cluster; none: the client that is connected already."""

    @property
    def count(self) -> int:
        return self.workers or len(os.sched_getaffinity(0))

    def run(
        self,
        function: Callable[..., Any],
        tasks: Sequence[tuple[Any, ...]],
        done: Callable[[int], None] | None = None,
    ) -> list[Any]:
        """The answers of `function(*task)` in the order of the tasks, `Lost` where there is none.

        `done` is told the number of each task that has ended.
        """
        if self.backend not in BACKENDS:
            raise NoSuchBackend(f"There is no backend {self.backend!r}; take one of {', '.join(BACKENDS)}")
        tell = done or (lambda number: None)
        numbered = list(enumerate(tasks))
        found: dict[int, Any] = {}
        if self.backend == "loky" and self.count == 1:
            for number, task in numbered:
                found[number] = _guarded(number, function, task)[1]
                tell(number)
            return [found[number] for number in range(len(tasks))]
        deaths = 0
        while left := [(number, task) for number, task in numbered if number not in found]:
            self._round(function, left, found, tell)
            left = [(number, task) for number, task in left if number not in found]
            deaths += bool(left)
            if deaths < FORGIVEN:
                continue
            # Tasks start in their order, so that whichever was running is among the first of the rest.
            for number, task in left[: STARTED * self.count]:
                self._round(function, [(number, task)], found, tell)
                if number not in found:
                    found[number] = Lost(
                        "WorkerLost: the process that worked on it was killed, more than once"
                    )
                    tell(number)
        return [found[number] for number in range(len(tasks))]

    def _connected(self) -> AbstractContextManager[Any]:
        """The cluster, where there is one. Raises NoSuchBackend where it cannot be reached from here."""
        if self.backend == "ray":
            try:
                from ray.util.joblib import register_ray  # ty: ignore[import-not-found]
            except ImportError:
                raise NoSuchBackend(
                    "Ray is not installed: install the extra `ray`, or take another backend"
                ) from None
            register_ray()
        if self.backend != "dask":
            return nullcontext()
        from distributed import Client, get_client

        if self.scheduler is not None:
            return Client(self.scheduler)
        try:
            get_client()
        except ValueError:
            raise NoSuchBackend("Dask needs the address of its scheduler, as tcp://127.0.0.1:8786") from None
        return nullcontext()

    def _round(self, function, numbered, found: dict[int, Any], tell: Callable[[int], None]) -> None:
        import joblib

        kept = {name: os.environ.get(name) for name in ENVIRONMENT}
        os.environ.update(ENVIRONMENT)
        # Ray's backend has no generator of answers; with it progress comes at the end.
        streamed = self.backend != "ray"
        try:
            with self._connected(), joblib.parallel_config(backend=self.backend, n_jobs=self.count):
                calls = (joblib.delayed(_guarded)(number, function, task) for number, task in numbered)
                parallel = joblib.Parallel(
                    batch_size=1,
                    pre_dispatch=STARTED * self.count,
                    return_as="generator_unordered" if streamed else "list",
                )
                for number, answer in parallel(calls):
                    found[number] = answer
                    tell(number)
        except Exception as error:
            if not _is_a_death(error):
                raise
        finally:
            for name, value in kept.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _guarded(number: int, function: Callable[..., Any], task: tuple[Any, ...]) -> tuple[int, Any]:
    try:
        return number, function(*task)
    except Exception as error:  # whatever a model raises must not end the batch
        return number, Lost(f"{type(error).__name__}: {quoted(error)}")


def _is_a_death(error: Exception) -> bool:
    """Whether an error says that a process ended, by the names that the backends give it."""
    return type(error).__name__ in {
        "TerminatedWorkerError",
        "BrokenProcessPool",
        "KilledWorker",
        "WorkerCrashedError",
        "RayTaskError",
    }
