"""Work spread over processes: order, errors, killed workers, and a real Dask cluster."""

import os
import re
import signal
import time
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ml.fan_out import FanOut, Lost, NoSuchBackend
from ml.forecasting.backtests.answering import answers_at
from ml.forecasting.members.base import Setting
from ml.progress import Progress
from tests.unit.forecasting.made_up import panel

NAMES = ("theta", "harmonic", "mstl", "prophet", "boosted_log")


def square(number: int) -> int:
    """A task; at module level, as other processes must find it."""
    if number == 3:
        raise ValueError("three is refused")
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


@pytest.mark.parametrize("workers", [1, 2])
def test_answers_come_in_order_and_errors_stay_with_their_task(workers: int) -> None:
    done: list[int] = []
    found = FanOut(workers).run(square, [(1,), (3,), (2,)], done.append)
    assert found == [1, Lost("ValueError: three is refused"), 4]
    assert sorted(done) == [0, 1, 2]


def test_a_killed_worker_costs_its_task_alone() -> None:
    found = FanOut(2).run(square, [(n,) for n in (1, 5, 2, 4)])
    assert found[0] == 1 and found[2:] == [4, 16]
    assert isinstance(found[1], Lost) and found[1].error.startswith("WorkerLost")


def killed_once(number: int, folder: str) -> tuple[float, float]:
    """When a task ran; the first one kills its process, but only once."""
    killed = Path(folder) / "killed"
    if number == 0 and not killed.exists():
        killed.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    start = time.monotonic()
    time.sleep(0.2)
    return start, time.monotonic()


def test_after_one_death_the_rest_still_runs_side_by_side(tmp_path: Path) -> None:
    spans = sorted(FanOut(2).run(killed_once, [(n, str(tmp_path)) for n in range(8)]))
    beside = sum(later[0] < earlier[1] for earlier, later in pairwise(spans))
    assert beside >= 3


def square_or_die(number: int) -> int:
    if number % 4 == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def test_several_tasks_that_kill_are_found_among_many() -> None:
    found = FanOut(2).run(square_or_die, [(n,) for n in range(12)])
    assert [n for n, one in enumerate(found) if isinstance(one, Lost)] == [1, 5, 9]
    assert [one for one in found if not isinstance(one, Lost)] == [n * n for n in range(12) if n % 4 != 1]


def test_an_unknown_backend_is_named() -> None:
    with pytest.raises(NoSuchBackend, match="loky, dask, ray"):
        FanOut(2, "carrier pigeon").run(square, [(1,)])


@pytest.mark.parametrize(
    ("backend", "said"), [("ray", "install the extra `ray`"), ("dask", "address of its scheduler")]
)
def test_a_cluster_that_cannot_be_reached_is_one_sentence(backend: str, said: str) -> None:
    if backend == "ray" and find_spec("ray"):
        return
    with pytest.raises(NoSuchBackend, match=said):
        FanOut(2, backend).run(square, [(1,), (2,)])


def test_the_time_left_is_told() -> None:
    clock = iter([0.0, 5.0, 30.0, 30.0, 60.0, 60.0])
    said: list[str] = []
    progress = Progress("work", 10, said.append, clock=lambda: next(clock))
    for work in (1, 4, 5):
        progress.add(work, "theta")
    assert said[0] == "work: 2 parts done, 50%; 30 s left (theta done)"
    assert said[1].startswith("work: 3 parts done, 100%; 0 s left")


@pytest.fixture(scope="module")
def cluster():
    """A scheduler and two worker processes on this machine."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as running,
        distributed.Client(running),
    ):
        yield running


def test_a_dask_cluster_answers_as_this_machine_does(cluster) -> None:
    given = panel(20, 150)
    of_cluster, of_machine = (
        answers_at(given, [143], 7, NAMES, Setting(quick=True), fan_out=fan_out)[0]
        for fan_out in (FanOut(2, "dask", cluster.scheduler_address), FanOut(1))
    )
    for name in of_machine.values:
        assert np.array_equal(of_cluster.values[name], of_machine.values[name]), name
    assert of_cluster.issues == of_machine.issues


def leaves(history, setting):
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (leaves, "end the process: 3"),
        (lambda history, setting: None, "shape \\(\\)"),
        (lambda history, setting: "many", "could not convert"),
        (lambda history, setting: np.zeros(7), "shape \\(7,\\), not \\(3, 7\\)"),
        (lambda history, setting: np.zeros((3, 6)), "shape \\(3, 6\\)"),
    ],
)
def test_what_is_no_answer_leaves_the_fallback_and_a_row(
    monkeypatch: pytest.MonkeyPatch, answer, words: str
) -> None:
    from ml.forecasting.members import harmonic

    monkeypatch.setattr(harmonic, "harmonic", answer)
    found = answers_at(panel(3, 150), [150], 7, ("harmonic",), Setting(), fan_out=FanOut(1))[0]
    assert np.array_equal(found.values["harmonic"], found.values["weekday_mean"])
    (issue,) = found.issues
    assert (issue.series_id, issue.model, issue.issue) == ("*", "harmonic", "failed")
    assert re.search(words, issue.detail)


def test_a_member_that_raises_leaves_the_fallback_and_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    from ml.forecasting.members import harmonic

    def broken(history, setting):
        raise RuntimeError("singular")

    monkeypatch.setattr(harmonic, "harmonic", broken)
    found = answers_at(panel(3, 150), [150], 7, ("harmonic",), Setting(), fan_out=FanOut(1))[0]
    assert np.array_equal(found.values["harmonic"], found.values["weekday_mean"])
    assert not found.own["harmonic"].any()
    assert [(issue.series_id, issue.model, issue.detail) for issue in found.issues] == [
        ("*", "harmonic", "RuntimeError: singular")
    ]
