"""What a child process is given, and what the parent makes of whatever it answers."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from retail_assets.error_classification import MachineTrouble
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


def test_records_are_read_where_the_reader_was_told_to_put_them(
    child: ChildProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"path": "/etc/passwd", "columns": ["a"], "format": "delimited", "record_count": 1}

    class Saying:
        @contextmanager
        def borrow(self) -> Generator["Saying"]:
            yield self

        def ask(self, _: dict, limits: Limits, read: object) -> object:
            return child.ask({"say": json.dumps({"found": found}) + "\n"}, LIMITS, read)  # ty: ignore[invalid-argument-type]

    monkeypatch.setattr(records, "_children", Saying)
    limits = records.ReaderLimits(2**20, 2**20, 10, 2**30, 60)
    read = records.read_records(
        tmp_path / "x", name="x.csv", layout=FileLayout(), out=tmp_path, limits=limits
    )
    assert read.path == tmp_path / "records.parquet"
