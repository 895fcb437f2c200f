"""The SQL of mappings runs in a child process: what it asks for too much of costs that process alone."""

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb
import pytest

from retail_assets.errors import Unreadable
from retail_assets.feeds.mapping.asking import Engine, MappingLimits, mapping_duckdb
from retail_assets.sandbox.limits import Limits

Open = Callable[..., AbstractContextManager[Engine]]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    def engine(seconds: float = 60, folder: str = "here") -> AbstractContextManager[Engine]:
        (tmp_path / folder).mkdir(exist_ok=True)
        child = Limits(memory_bytes=3 * 2**30, file_bytes=2**20, seconds=seconds)
        return mapping_duckdb(tmp_path / folder, MappingLimits(child, duckdb_memory="300MB"))

    return engine


def reason(ask: Callable[[], object]) -> str:
    with pytest.raises(Unreadable) as refused:
        ask()
    assert "expected" in refused.value.message
    return refused.value.reason


def test_a_statement_without_end(opened: Open) -> None:
    endless = "select sum(a.i * b.i) from range(9999999) a(i), range(9999999) b(i)"
    with opened(seconds=3) as engine:
        assert reason(lambda: engine.rows(endless)) == "timeout"
    with opened() as engine:
        assert engine.count("select 1") == 1


def test_texts_that_fit_into_no_memory(opened: Open) -> None:
    huge = "select strlen(string_agg(repeat('x', 1000000000), '')) from range(9)"
    with opened() as engine:
        assert reason(lambda: engine.rows(huge)) in ("too_much_memory", "mapper_died")
        assert engine.count("select 1") == 1


def test_a_child_that_is_gone(opened: Open) -> None:
    with opened() as engine:
        engine.write("select 7 as i", engine.folder / "seven.parquet")
        child = engine.child._child
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
        assert engine.count(f"select i from read_parquet('{engine.folder}/seven.parquet')") == 7


def test_nothing_outside_the_folder(opened: Open) -> None:
    with opened() as here, opened(folder="there") as there:
        (there.folder / "secret").write_text("x")
        for file in ("/etc/passwd", there.folder / "secret"):
            with pytest.raises(duckdb.Error, match="Permission"):
                here.rows(f"select * from read_text('{file}')")
        with pytest.raises(duckdb.Error):
            here.rows("set enable_external_access = true")
        there_too = Engine(there.folder, here.limits, here.child, here.until)
        assert there_too.rows(f"select content from read_text('{there.folder}/secret')") == [("x",)]
        with pytest.raises(duckdb.Error, match="Permission"):
            here.rows(f"select * from read_text('{there.folder}/secret')")


def test_a_refusal_is_duckdbs_own(opened: Open) -> None:
    with opened() as engine, pytest.raises(duckdb.Error, match="Could not convert string 'x'"):
        engine.rows("select 'x'::integer")
