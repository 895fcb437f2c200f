"""Whose fault an error is: engines name a trouble of the machine in their text, and files may quote the same words."""

import errno
import os
import random
import resource
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl
import pytest
from sqlalchemy import create_engine, text

from retail_assets.error_classification import beyond_limits, is_full_disk, machine_trouble

NO_SPACE = os.strerror(errno.ENOSPC)
FRAME = pl.DataFrame({"number": range(100_000)})


def _copy(full: Path, format: str) -> None:
    duckdb.sql(f"copy (select * from range(300000)) to '{full}' (format {format}, use_tmp_file false)")


@pytest.mark.parametrize(
    "write",
    [
        lambda full: full.write_text("x"),
        lambda full: _copy(full, "parquet"),
        lambda full: _copy(full, "csv"),
        FRAME.write_csv,
        FRAME.write_parquet,
        FRAME.lazy().sink_parquet,
    ],
    ids=["python", "duckdb parquet", "duckdb csv", "polars csv", "polars parquet", "polars sink"],
)
def test_an_engine_that_cannot_write_is_believed(tmp_path: Path, write: Callable[[Path], object]) -> None:
    full = tmp_path / "full"
    full.symlink_to("/dev/full")  # an engine may remove what it could not write: the link, not the device
    with pytest.raises(Exception) as met:
        write(full)
    assert is_full_disk(met.value)
    assert machine_trouble(met.value) == errno.ENOSPC


def test_the_text_of_duckdbs_own_file_is_believed() -> None:
    error = duckdb.IOException(f'IO Error: Could not write file "/lake/w.duckdb": {NO_SPACE}')
    assert machine_trouble(error) == errno.ENOSPC


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ESTALE, errno.EACCES])
def test_a_machine_that_opens_no_more_files_is_believed(number: int) -> None:
    error = duckdb.IOException(f'IO Error: Cannot open file "/lake/rows.parquet": {os.strerror(number)}')
    assert machine_trouble(error) == number


def test_so_is_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(duckdb.IOException) as met:
        _copy(tmp_path / "gone" / "rows.parquet", "parquet")
    assert machine_trouble(met.value) == errno.ENOENT


@pytest.mark.parametrize("through", ["sqlite", "sqlalchemy"])
def test_a_database_that_cannot_grow_is_believed(tmp_path: Path, through: str) -> None:
    rows = [{"value": random.randbytes(5_000)} for _ in range(10)]
    limit, make, put = "pragma max_page_count = 4", "create table t (value)", "insert into t values (:value)"
    with pytest.raises(Exception, match="database or disk is full") as met:
        if through == "sqlite":
            with closing(sqlite3.connect(tmp_path / "x.db")) as database:
                for statement in (limit, make):
                    database.execute(statement)
                database.executemany(put, rows)
        else:
            with create_engine(f"sqlite:///{tmp_path / 'x.db'}").begin() as connection:
                for statement in (limit, make):
                    connection.execute(text(statement))
                connection.execute(text(put), rows)
    assert is_full_disk(met.value)


@pytest.mark.parametrize("quoted", [NO_SPACE, f"{NO_SPACE} (os error 28)", "database or disk is full"])
@pytest.mark.parametrize(
    "error",
    [
        ValueError,
        RuntimeError,
        OSError,
        pl.exceptions.ComputeError,
        duckdb.IOException,
        duckdb.InvalidInputException,
    ],
)
def test_what_a_file_says_is_not_believed(error: type[Exception], quoted: str) -> None:
    for said in (
        f"could not parse `{quoted}`",
        f"IO Error: no column {quoted}",
        f"Line 1: {quoted}\nas number",
    ):
        assert machine_trouble(error(said)) is None
        assert not is_full_disk(error(said))


def test_a_table_that_quotes_a_full_disk_is_a_file_like_others(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(f"number\n1\n{NO_SPACE}\n")
    with pytest.raises(duckdb.Error, match=NO_SPACE) as met:
        duckdb.execute(f"from read_csv('{tmp_path / 'x.csv'}', columns = {{'number': 'integer'}})").fetchall()
    assert machine_trouble(met.value) is None


@pytest.mark.parametrize("word", ["memory", os.strerror(errno.EFBIG), os.strerror(errno.ENOMEM)])
def test_a_query_that_speaks_of_memory_asks_for_none(word: str) -> None:
    with pytest.raises(duckdb.Error, match=word) as met:
        duckdb.execute(f"select upper('{word}', 1)")
    assert not beyond_limits(met.value)


def test_what_asks_for_too_much_is_known(tmp_path: Path) -> None:
    with duckdb.connect(config={"memory_limit": "10MB"}) as connection, pytest.raises(duckdb.Error) as met:
        connection.execute("select string_agg(repeat('x', 1000000), '') from range(100)").fetchall()
    assert beyond_limits(met.value)
    here, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, most))
    try:
        with pytest.raises(duckdb.Error) as met:
            _copy(tmp_path / "large", "parquet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (here, most))
    assert beyond_limits(met.value)
    assert machine_trouble(met.value) is None
