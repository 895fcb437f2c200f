"""When the dbt project is parsed again, and what is said of one that cannot be parsed."""

import os
from pathlib import Path
from typing import Any

import pytest

from retail_assets.config import DBT_PROJECT_DIR, Settings
from retail_assets.database import migrate
from retail_assets.flows import platform_of
from retail_assets.platform import Platform
from retail_assets.warehouse import dbt_parse
from retail_assets.warehouse.dbt_parse import parse_dbt_project
from retail_assets.warehouse.dbt_run import PARTIAL_PARSE, DbtFailed, Said

PROJECT = """
name: retail
profile: retail
"""


@pytest.fixture
def platform(settings: Settings, tmp_path: Path) -> Platform:
    """A platform with a small project of two models and a macro, all of them old."""
    project = tmp_path / "project"
    files = {
        "dbt_project.yml": PROJECT,
        "profiles.yml": (DBT_PROJECT_DIR / "profiles.yml").read_text(),
        "models/one.sql": "select 1 as one",
        "models/two.sql": "select 2 as two",
        "macros/three.sql": "{% macro three() %}3{% endmacro %}",
    }
    for name, text in files.items():
        write(project / name, text)
    migrate(settings)
    return platform_of(settings.model_copy(update={"dbt_project_dir": project}))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (1_000, 1_000))


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The projects that dbt was asked to parse; it only writes that it did."""
    asked: list[Path] = []

    def parse(_: list[str], *, project: Path, target: Path, **__: Any) -> Said:
        asked.append(project)
        target.mkdir()
        (target / PARTIAL_PARSE).touch()
        (target / "manifest.json").write_text(str(len(asked)))
        return Said(0, [])

    monkeypatch.setattr(dbt_parse, "call_dbt", parse)
    return asked


def test_a_project_that_did_not_change_is_parsed_once(platform: Platform, parses: list[Path]) -> None:
    for _ in range(2):
        parse_dbt_project(platform)
    (platform.settings.dbt_project_dir / "models" / "one.sql").touch()
    parse_dbt_project(platform)
    assert len(parses) == 1


def test_every_change_is_noticed_however_old_its_file_is(platform: Platform, parses: list[Path]) -> None:
    project = platform.settings.dbt_project_dir
    changes = [
        lambda: (project / "models" / "one.sql").unlink(),
        lambda: (project / "models" / "two.sql").rename(project / "models" / "three.sql"),
        lambda: write(project / "macros" / "three.sql", "{% macro three() %}4{% endmacro %}"),
        lambda: write(project / "seeds" / "few.csv", "a\n1\n"),
        lambda: write(project / "packages.yml", "packages: []"),
        lambda: (project / "target" / "manifest.json").unlink(),
    ]
    parse_dbt_project(platform)
    for number, change in enumerate(changes, start=2):
        change()
        parse_dbt_project(platform)
        assert (project / "target" / "manifest.json").read_text() == str(number)


def test_another_dbt_parses_anew(
    platform: Platform, parses: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    parse_dbt_project(platform)
    monkeypatch.setattr(dbt_parse, "version", lambda _: "another")
    parse_dbt_project(platform)
    assert len(parses) == 2


def test_a_project_that_cannot_be_parsed_is_told_in_dbts_words_and_the_last_manifest_stays(
    platform: Platform,
) -> None:
    project = platform.settings.dbt_project_dir
    write(project / "target" / "manifest.json", "the last one")
    write(project / "models" / "one.sql", "select * from {{ ref('nowhere') }}")
    with pytest.raises(DbtFailed, match=r"^dbt could not parse .*one\.sql.*nowhere.*make setup") as failure:
        parse_dbt_project(platform)
    assert "\n" not in str(failure.value)
    assert (project / "target" / "manifest.json").read_text() == "the last one"
    assert not (project / "target" / "parsed").exists()
