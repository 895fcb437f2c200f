"""A disk that fills up while a file is read, mapped or spilled is the platform's trouble, never the file's. So is a
machine that has no more processes."""

import errno
import subprocess
from pathlib import Path

import pytest

from retail_assets.config import Settings
from retail_assets.error_classification import MachineTrouble, is_full_disk, machine_trouble
from retail_assets.feeds.handler import current_sources
from retail_assets.feeds.loading import ToLoad, map_file
from retail_assets.flows import platform_of
from retail_assets.platform import Platform
from retail_assets.sandbox.engine import closed_duckdb
from tests.faults.small_disk import fill
from tests.plain_platform import PlainPlatform

HEADER = "order_id,line_number,store_id,product_id,sold_at,quantity,unit_price,currency\n"


@pytest.mark.parametrize("free_megabytes", [0, 3, 20])
def test_an_engine_that_cannot_spill_is_believed(small_disk: Path, free_megabytes: int) -> None:
    fill(small_disk / "ballast", leave=free_megabytes << 20)
    engine_here = closed_duckdb(memory="40MB", threads=2, spill=small_disk / "spill")
    with engine_here as engine, pytest.raises(Exception) as met:
        engine.execute(
            "create temp table long as "
            "select hash(i)::varchar || repeat('x', 50) as text from range(2000000) numbers(i)"
        )
        engine.execute("select * from long order by text limit 1 offset 1500000").fetchall()
    assert is_full_disk(met.value)
    assert machine_trouble(met.value) is not None


@pytest.mark.parametrize("free_kilobytes", [0, 60, 1_000, 3_000, 6_000])
@pytest.mark.parametrize("name", ["sales.csv", "sales.json"])
def test_a_full_disk_is_no_verdict_on_a_file(
    platform: Platform, small_disk: Path, tmp_path: Path, name: str, free_kilobytes: int
) -> None:
    lines = [f"O{n * 7919 % 200_003},{n},S1,P{n},2026-11-19T09:00:00Z,5,1.25,EUR" for n in range(120_000)]
    path = tmp_path / name
    if name.endswith("csv"):
        path.write_text(HEADER + "\n".join(lines) + "\n")
    else:
        names = HEADER.strip().split(",")
        path.write_text(
            str([dict(zip(names, line.split(","), strict=True)) for line in lines]).replace("'", '"')
        )
    fill(small_disk / "ballast", leave=free_kilobytes << 10)
    settings: Settings = platform.settings.model_copy(update={"duckdb_memory": "40MB"})
    match = current_sources(platform).match("sales", name)
    with pytest.raises(Exception) as met:
        map_file(ToLoad(path, name, match, "k"), small_disk, settings)
    assert is_full_disk(met.value)


@pytest.mark.parametrize("files", [1, 3], ids=["alone", "together"])
def test_a_machine_without_processes_is_no_verdict_on_a_file(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    # With limits of its own, no child of an earlier test is warm.
    settings = settings.model_copy(update={"reader_memory_bytes": 5 * 2**30 + files})
    real = PlainPlatform(settings, platform_of(settings).handlers())
    for number in range(files):
        real.drop(f"{number}.csv", f"store_id,name\nS{number},One\n", folder="stores")

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    with monkeypatch.context() as full:
        full.setattr(subprocess, "Popen", refuse)
        with pytest.raises(MachineTrouble, match="no child process can be started"):
            real.admit()
    real.admit()
    assert real.states() == ["loaded"] * files
