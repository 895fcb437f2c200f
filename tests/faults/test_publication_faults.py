"""Publication killed, out of disk and started twice: readers see whole releases, the next run finishes."""

import os
import signal
import sys
import time
from pathlib import Path

import duckdb
import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.errors import ExplainedError
from retail_assets.lake import Lake
from retail_assets.warehouse.publication import publish
from retail_assets.warehouse.release import numbers
from tests.children import children, forks_import
from tests.faults.small_disk import fill
from tests.synthetic_warehouse import AS_OF, make_warehouse, next_generation, platform_for_everybody

FILE_SYSTEM_EVENTS = frozenset(
    {
        *("open", "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"),
        *("os.utime", "shutil.rmtree"),
    }
)

forks_import(__name__)


def settings_for(data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir, release_min_age_seconds=0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path / "data")


@pytest.fixture
def lake(settings: Settings) -> Lake:
    return Lake(settings.data_dir)


def run(settings: Settings) -> None:
    publish(platform=platform_for_everybody(settings), as_of=AS_OF, run_id="a-run")


def run_and_die_at(settings: Settings, fatal: int) -> None:
    """Publish, and die by SIGKILL right before the file-system call of this number."""
    seen = 0

    def count(event: str, _: object) -> None:
        nonlocal seen
        if event in FILE_SYSTEM_EVENTS:
            seen += 1
            if seen == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    run(settings)


def generation_seen(settings: Settings) -> int:
    """The generation that readers see, after checking that the release of each of them is whole and the same."""
    release = Lake(settings.data_dir).published.resolve()
    places = {"": ("retail", "stock_levels"), "operations": ("operations", "insights")}
    places |= {f"merchants/M{number}": ("merchant", "merchant_cases") for number in range(3)}
    generations = {
        _generation_seen(release / folder, database, mart) for folder, (database, mart) in places.items()
    }
    lines = pl.scan_parquet(release / "parquet" / "sales_lines")
    generations.add(lines.select(pl.max("generation")).collect().item())
    [generation] = generations
    assert generation_in_letters(settings) in (generation, generation + 1)
    return generation


def generation_in_letters(settings: Settings) -> int:
    """The same of files of rows, which releases share: a killed publication may have brought them further."""
    [letter] = (Lake(settings.data_dir).published.resolve() / "operations" / "letters").iterdir()
    return int(letter.read_text())


def _generation_seen(place: Path, database: str, mart: str) -> int:
    with duckdb.connect(str(place / f"{database}.duckdb"), read_only=True) as connection:
        [(release,)] = connection.execute("select release from _meta").fetchall()
        [(generation,)] = connection.execute(f"select distinct generation from {mart}").fetchall()
        rows_by_mart = connection.execute("select mart, rows from _marts").fetchall()
    assert str(release) in place.parts
    for name, rows in rows_by_mart:
        assert pl.scan_parquet(place / "parquet" / name).select(pl.len()).collect().item() == rows
    return generation


def require_no_leftovers(settings: Settings) -> None:
    lake = Lake(settings.data_dir)
    names = {path.name for path in lake.releases.iterdir()}
    assert names == {"shared", *(str(number) for number in numbers(lake))}
    assert len(names) <= settings.releases_kept + 1
    there = {path.name for path in lake.root.iterdir() if not path.name.startswith("platform.db")}
    assert there == {"lake", "published", "releases", "warehouse"}


def test_killed_at_any_file_system_call_the_next_run_finishes(settings, lake):
    make_warehouse(lake, lines=200)
    run(settings)
    fatal, exit_code, generation = 1, -signal.SIGKILL, 0
    while exit_code == -signal.SIGKILL:
        generation += 1
        next_generation(lake, generation)
        child = children.Process(target=run_and_die_at, args=(settings, fatal))
        child.start()
        child.join(60)
        exit_code = child.exitcode

        assert generation_seen(settings) in (generation - 1, generation)
        run(settings)
        assert generation_seen(settings) == generation_in_letters(settings) == generation
        require_no_leftovers(settings)
        fatal += 13
    assert exit_code == 0
    assert generation > 10, "the publication was killed at many points"


def test_killed_while_duckdb_writes_the_next_run_finishes(settings, lake):
    make_warehouse(lake, lines=400_000)
    run(settings)
    next_generation(lake, 1)
    started = time.monotonic()
    run(settings)
    seconds = time.monotonic() - started
    kills = 0
    for generation in range(2, 12):
        next_generation(lake, generation)
        child = children.Process(target=run, args=(settings,))
        child.start()
        time.sleep(seconds * (generation - 1) / 11)
        child.kill()
        child.join()
        kills += child.exitcode == -signal.SIGKILL

        assert generation_seen(settings) in (generation - 1, generation)
        run(settings)
        assert generation_seen(settings) == generation_in_letters(settings) == generation
        require_no_leftovers(settings)
    assert kills > 3


def test_killed_in_the_very_first_publication(settings, lake):
    make_warehouse(lake, lines=200)
    for fatal in range(1, 200, 20):
        child = children.Process(target=run_and_die_at, args=(settings, fatal))
        child.start()
        child.join(60)
        if lake.published.is_symlink():
            assert generation_seen(settings) == 0
    run(settings)
    assert generation_seen(settings) == 0
    require_no_leftovers(settings)


def test_two_publications_at_once_publish_once(settings, lake):
    make_warehouse(lake, lines=200)
    started = [children.Process(target=run, args=(settings,)) for _ in range(3)]
    for child in started:
        child.start()
    for child in started:
        child.join(60)
    assert [child.exitcode for child in started] == [0, 0, 0]
    assert numbers(lake) == [1]
    assert generation_seen(settings) == 0


@pytest.mark.parametrize("free_kilobytes", [0, 40, 150, 300, 800])
def test_on_a_full_disk_readers_keep_the_last_release_and_the_error_says_so(small_disk, free_kilobytes):
    settings = settings_for(small_disk)
    lake = Lake(settings.data_dir)
    make_warehouse(lake, lines=30_000)
    run(settings)
    next_generation(lake, 1)
    ballast = small_disk / "ballast"
    fill(ballast, leave=free_kilobytes * 1024)

    with pytest.raises(ExplainedError, match=r"the disk is full .*Make room"):
        run(settings)
    assert generation_seen(settings) == 0
    ballast.unlink()
    run(settings)
    assert generation_seen(settings) == 1
    require_no_leftovers(settings)
