"""What a child process is given, and what the parent makes of whatever it answers."""

import errno
import json
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from retail_assets.error_classification import MachineTrouble, is_the_machines
from retail_assets.errors import Unreadable
from retail_assets.feeds.readers import records
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.sandbox import process as processes
from retail_assets.sandbox.answers import found_in
from retail_assets.sandbox.limits import Limits
from retail_assets.sandbox.process import ChildDied, ChildProcess

LIMITS = Limits(memory_bytes=2**30, file_bytes=2**20, seconds=60)


@dataclass(frozen=True)
class Seen:
    variables: dict[str, str]


@pytest.fixture
def child() -> Iterator[ChildProcess]:
    child = ChildProcess("tests.unit.sandbox.saying_child")
    yield child
    child.close()


def ask(child: ChildProcess, **request: object) -> Seen:
    return child.ask(request, LIMITS, lambda answer: found_in(answer, Seen))


def test_a_child_is_given_no_secret(child: ChildProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RETAIL_PLATFORM_URL", "MLFLOW_TRACKING_PASSWORD", "AWS_SECRET_ACCESS_KEY", "MY_PATH"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    seen = ask(child, environment=True).variables
    assert "secret" not in seen.values()
    assert seen["LC_ALL"] == "C.UTF-8"
    assert seen["POLARS_MAX_THREADS"] == "1"


def test_a_child_takes_the_programs_with_it_that_it_started(child: ChildProcess) -> None:
    program = Path("/proc") / ask(child, program=True).variables["pid"]
    assert program.exists()
    child.close()
    until = time.monotonic() + 10
    while not _has_ended(program) and time.monotonic() < until:  # it is killed, and may still have to notice
        time.sleep(0.01)
    assert _has_ended(program)


def _has_ended(program: Path) -> bool:
    """Whoever inherits it reads its end; until then it is a zombie."""
    try:
        return (program / "stat").read_text().split(") ")[1][0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize(
    "said",
    [
        "no JSON",
        "[1]",
        "7",
        "{}",
        '{"found": 7}',
        '{"found": {"variables": [1]}}',
        '{"unreadable": "x"}',
        '{"unreadable": [["x"], {}]}',
        '{"machine_trouble": ["x", 1]}',
        '{"found": {"variables": {}}}\n{"found": {"variables": {}}}',
        "[" * 100_000,
        "\0",
    ],
)
def test_an_answer_that_is_none_is_a_childs_death(child: ChildProcess, said: str) -> None:
    with pytest.raises(ChildDied, match="its answer cannot be understood"):
        ask(child, say=said + "\n")
    assert ask(child, say='{"found": {"variables": {}}}\n') == Seen({}), "the next one answers"


def test_an_answer_has_a_longest_length(child: ChildProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MAX_ANSWER_BYTES", 2**20)
    with pytest.raises(ChildDied, match="longer than 1,048,576 bytes"):
        ask(child, say=" " * 2**10, times=2**11)


def test_what_a_child_says_of_a_file_is_said(child: ChildProcess) -> None:
    with pytest.raises(Unreadable, match=r"damaged.*Send it again"):
        ask(child, say='{"unreadable": ["damaged", "Send it again."]}\n')
    with pytest.raises(MachineTrouble, match="gone"):
        ask(child, say='{"machine_trouble": [2, "gone"]}\n')


def test_a_child_that_never_was_ready_has_seen_no_file(
    child: ChildProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MachineTrouble, match=r"did not start: exit code 1: .*no_such_child") as met:
        ask(ChildProcess("tests.unit.sandbox.no_such_child"))
    assert is_the_machines(met.value)
    monkeypatch.setattr(processes, "START_SECONDS", 0)
    with pytest.raises(MachineTrouble, match="not ready within 0 s"):
        ask(child)


def test_a_machine_that_has_no_more_processes(child: ChildProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    with monkeypatch.context() as full:
        full.setattr(processes.subprocess, "Popen", refuse)
        with pytest.raises(MachineTrouble, match="no child process can be started: Resource") as met:
            ask(child)
    assert is_the_machines(met.value)
    assert ask(child, say='{"found": {"variables": {}}}\n') == Seen({}), "once there are some again"


def test_records_are_read_where_the_reader_was_told_to_put_them(
    child: ChildProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = {"path": "/etc/passwd", "columns": ["a"], "format": "csv", "record_count": 1}
    group = {"path": "/etc/passwd", "columns": ["a"], "format": "csv", "files": [0], "counts": [1]}

    class Saying:
        @contextmanager
        def borrow(self) -> Generator[Self]:
            yield self

        def ask(self, request: dict, limits: Limits, read: object) -> object:
            found = {"groups": [group]} if "files" in request else alone
            return child.ask({"say": json.dumps({"found": found}) + "\n"}, LIMITS, read)  # ty: ignore[invalid-argument-type]

    monkeypatch.setattr(records, "_children", Saying)
    where = {
        "layout": FileLayout(),
        "out": tmp_path,
        "limits": records.ReaderLimits(2**20, 2**20, 10, 2**30, 60),
    }
    read = records.read_records(tmp_path / "x", name="x.csv", **where)
    [read_together] = records.read_together([(tmp_path / "x", "x.csv")], **where)
    assert read.path == tmp_path / "records.parquet"
    assert read_together.path == tmp_path / "passwd"
