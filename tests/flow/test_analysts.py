"""The examples of docs/analysts.md do what they say, on a release."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from retail_assets.config import REPOSITORY
from retail_assets.lake import Lake
from retail_assets.warehouse.publication import publish
from tests.conftest import settings_of
from tests.synthetic_warehouse import AS_OF, change, make_warehouse, platform_for_everybody

EXAMPLES = re.findall(r"```python\n(.*?)```", (REPOSITORY / "docs" / "analysts.md").read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which `data/published` lies."""
    folder = tmp_path_factory.mktemp("analysts")
    settings = settings_of(folder)
    lake = Lake(settings.data_dir)
    lake.warehouse.parent.mkdir(parents=True)
    make_warehouse(lake)
    change(
        lake,
        "create table marts.stores as select 'S' || i as store_id, 'Store ' || i as name from range(3) r(i);"
        "create table marts.calendar as select day::date as date, isoyear(day) as iso_year, "
        "weekofyear(day) as iso_week from generate_series(date '2026-01-01', date '2026-12-31', interval 1 day) r(day);"
        "alter table marts.products add column if not exists name varchar;"
        "alter table marts.products add column if not exists category varchar default 'Shoes'",
    )
    publish(platform=platform_for_everybody(settings), as_of=AS_OF, run_id="a-run")
    return folder


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_runs(folder: Path, number: int) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", EXAMPLES[number]], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4
