"""What a person at the terminal sees of a night, and where its run is found in the UI."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterInstance

from retail_assets import nightly
from retail_assets.command_run import RunSummary, run_job
from retail_assets.config import Settings
from retail_assets.dagster_kit.private import REPOSITORY_TAG
from retail_assets.dagster_kit.wiring import Night, partitions_of
from retail_assets.database import migrate
from retail_assets.intake.ledger import record_night
from retail_assets.intake.ledger_export import export_ledger
from retail_assets.kit.terminal import Terminal
from retail_assets.platform import Platform
from tests.faults.night import NIGHT
from tests.prepared import start

STEP = re.compile(r"  \w+ +[\d.]+m?s")


@pytest.fixture(scope="module")
def said(calm_night: Path) -> list[str]:
    return (calm_night / "nightly.log").read_text().splitlines()


def test_a_night_tells_its_steps_and_then_what_came_of_them(said: list[str]) -> None:
    steps = [line for line in said if STEP.fullmatch(line)]
    assert {"admission", "warehouse", "publication"} <= {line.split()[0] for line in steps}
    told = [line for line in said if line not in steps]
    assert any(re.fullmatch(r"Files: .*\d+ loaded.*", line) for line in told)
    assert not any("whole night" in line for line in told), "this run took all of it"
    assert any(re.fullmatch(r"Rows: [\d,]+ admitted.*", line) for line in told)
    assert any(re.fullmatch(r"Published release \d+\.", line) for line in told)
    assert re.fullmatch(rf"Night of {NIGHT} done in \d+ s\. Full log: .*\.log", told[-1])


def test_libraries_say_nothing_on_the_terminal(said: list[str]) -> None:
    assert not [
        line for line in said if re.search(r"nanobind|leaked|Warning|INFO|DEBUG|mlflow|Traceback", line)
    ]


def test_the_full_log_is_a_file(calm_night: Path, said: list[str]) -> None:
    log = Path(said[-1].partition("Full log: ")[2])
    assert log.is_relative_to(calm_night / "dagster" / "logs")
    text = log.read_text()
    assert "RUN_SUCCESS" in text
    assert "ASSET_MATERIALIZATION" in text


def test_its_run_is_found_where_overview_looks(calm_night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(calm_night / "dagster"))
    with DagsterInstance.get() as instance:
        [run] = instance.get_runs(dg.RunsFilter(job_name="nightly", tags=REPOSITORY_TAG))
    assert run.remote_job_origin is not None
    assert run.remote_job_origin.location_name == "retail_assets"


@pytest.mark.parametrize(
    ("night", "sentence"),
    [("2025-12-31", "lies before this platform's first"), ("2999-01-01", "has not come yet")],
)
def test_a_night_that_cannot_be_run_is_one_sentence(tmp_path: Path, night: str, sentence: str) -> None:
    process = start("nightly", tmp_path, "--as-of", night)
    assert process.wait(120) == 1
    [said] = (tmp_path / "nightly.log").read_text().splitlines()
    assert sentence in said


def test_a_night_that_ran_can_be_run_again_by_a_clock_that_is_before_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def run(platform: Platform, name: str, night: date, terminal: Terminal) -> RunSummary:
        asked.append(night)
        return RunSummary(True, night, 1.0, Path("log"))

    migrate(settings)
    record_night(settings, date(2999, 1, 2), datetime(2999, 1, 2, 1, tzinfo=UTC))
    monkeypatch.setattr(nightly, "Settings", lambda: settings)
    monkeypatch.setattr(nightly, "initialise", lambda _: None)
    monkeypatch.setattr(nightly, "run_job", run)
    for night, code in (("2999-01-02", 0), ("2999-01-03", 1)):
        monkeypatch.setattr("sys.argv", ["nightly", "--as-of", night])
        assert nightly.main() == code
    assert asked == [date(2999, 1, 2)]


@pytest.mark.parametrize("night", [date(2026, 11, 20), date(2999, 1, 2)])
def test_a_night_runs_though_its_day_has_not_come(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, night: date
) -> None:
    """As that of the demo does where the clock is before it."""
    ran = []

    @dg.multi_asset(specs=[dg.AssetSpec("counted")], partitions_def=partitions_of(platform))
    def count(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        ran.append(Night(context, platform).as_of)
        yield dg.MaterializeResult("counted")

    def small(_: Platform, loggers: Any) -> dg.Definitions:
        return dg.Definitions([count], jobs=[dg.define_asset_job("nightly")], loggers=loggers)

    export_ledger(platform.settings)
    platform.settings.dagster_home.mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("DAGSTER_HOME", "")  # which run_job sets, and the handlers
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr("retail_assets.definitions.build_defs", small)
    assert run_job(platform, "nightly", night, Terminal()).success
    assert ran == [night]
