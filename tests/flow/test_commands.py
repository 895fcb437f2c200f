"""What a person at the terminal sees of a night, and where its run is found in the UI."""

import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterInstance

from retail_assets import command_run, nightly, run
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
from tests.prepared import copy_platform, require_success, start
from tests.servers import free_port, web_server

STEP = re.compile(r"  \w+ +[\d.hms]+")


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
    assert log.is_relative_to(calm_night / "dagster" / "command_logs")
    text = log.read_text()
    assert "RUN_SUCCESS" in text
    assert "ASSET_MATERIALIZATION" in text


def test_no_log_leaves_the_machine(calm_night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster's servers send whatever lies in `logs` of its folder to its makers, unless a variable forbids it."""
    monkeypatch.delenv("DAGSTER_DISABLE_TELEMETRY", raising=False)
    home = copy_platform(calm_night, tmp_path) / "dagster"
    (home / "logs").mkdir(exist_ok=True)
    (home / "logs" / "nightly-2026-11-19-20261119T020000.log").write_text("of an earlier version")
    require_success("initialise", tmp_path, start("initialise", tmp_path))
    kept = sorted((home / "command_logs").iterdir())
    assert len(kept) == 2
    with web_server(tmp_path, DAGSTER_TELEMETRY_URL=f"http://127.0.0.1:{free_port()}"):
        pass
    assert sorted((home / "command_logs").iterdir()) == kept
    assert not [*home.glob("logs/*"), *home.glob(".logs_queue/*")]


def test_warnings_are_one_sentence_here_and_in_the_log_with_what_to_do(said: list[str]) -> None:
    [told] = [line for line in said if line.startswith("warning: feeds/sales")]
    assert re.fullmatch(r"warning: feeds/sales \(files_and_rows_came_in\): [^.]* rejected\.", told)
    lines = Path(said[-1].partition("Full log: ")[2]).read_text().splitlines()
    [advised] = [line for line in lines if line.startswith("warning: feeds/sales")]
    assert advised.startswith(told)
    assert "decide release_file" in advised


def test_its_run_is_found_where_overview_looks(calm_night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(calm_night / "dagster"))
    with DagsterInstance.get() as instance:
        [run] = instance.get_runs(dg.RunsFilter(job_name="nightly", tags=REPOSITORY_TAG))
    assert run.remote_job_origin is not None
    assert run.remote_job_origin.location_name == "retail_assets"


Here = Callable[..., tuple[object, list[str]]]


@pytest.fixture
def here(
    prepared_platform: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Here:
    """Call a command's own function in this process: how it ends, and the lines that it says."""
    folder = copy_platform(prepared_platform, tmp_path)
    for name, value in (
        ("RETAIL_DATA_DIR", folder / "data"),
        ("DAGSTER_HOME", folder / "dagster"),
        ("RETAIL_FIRST_NIGHT", "2026-01-01"),
    ):
        monkeypatch.setenv(name, str(value))

    def call(main: Callable[[], int], *arguments: str) -> tuple[object, list[str]]:
        monkeypatch.setattr("sys.argv", ["command", *arguments])
        try:
            code: object = main()
        except SystemExit as end:
            code = end.code
        return code, "".join(capsys.readouterr()).splitlines()

    return call


@pytest.mark.parametrize(
    ("night", "sentence"),
    [("2025-12-31", "lies before this platform's first"), ("2999-01-01", "has not come yet")],
)
def test_a_night_that_cannot_be_run_is_one_sentence(here: Here, night: str, sentence: str) -> None:
    code, [said] = here(nightly.main, "--as-of", night)
    assert code == 1
    assert sentence in said


def test_a_night_that_ran_can_be_run_again_by_a_clock_that_is_before_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def run(platform: Platform, name: str, night: date, terminal: Terminal) -> RunSummary:
        asked.append(night)
        return RunSummary(True, "", night, 1.0, Path("log"))

    migrate(settings)
    record_night(settings, date(2999, 1, 2), datetime(2999, 1, 2, 1, tzinfo=UTC))
    monkeypatch.setattr(command_run, "Settings", lambda: settings)
    monkeypatch.setattr(command_run, "initialise", lambda _: None)
    for night, code in ((date(2999, 1, 2), 0), (date(2999, 1, 3), 1)):
        assert command_run.run_from_terminal(run, "nightly", as_of=night) == code
    assert asked == [date(2999, 1, 2)]


@pytest.fixture
def run_only(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> Callable[[dg.AssetsDefinition, date], RunSummary]:
    """A night of a platform that has nothing but an asset."""

    def run(asset: dg.AssetsDefinition, night: date) -> RunSummary:
        def small(_: Platform, loggers: Any) -> dg.Definitions:
            return dg.Definitions([asset], jobs=[dg.define_asset_job("nightly")], loggers=loggers)

        export_ledger(platform.settings)
        platform.settings.dagster_home.mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv("DAGSTER_HOME", "")  # which run_job sets, and the handlers
        monkeypatch.setattr(logging.getLogger(), "handlers", [])
        monkeypatch.setattr("retail_assets.definitions.build_defs", small)
        return run_job(platform, "nightly", night, Terminal())

    return run


@pytest.mark.parametrize("night", [date(2026, 11, 20), date(2999, 1, 2)])
def test_a_night_runs_though_its_day_has_not_come(
    platform: Platform, run_only: Callable[[dg.AssetsDefinition, date], RunSummary], night: date
) -> None:
    """As that of the demo does where the clock is before it."""
    ran = []

    @dg.multi_asset(specs=[dg.AssetSpec("counted")], partitions_def=partitions_of(platform))
    def count(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        ran.append(Night(context, platform).as_of)
        yield dg.MaterializeResult("counted")

    assert run_only(count, night).success
    assert ran == [night]


def test_what_a_step_says_is_told_as_no_step(
    run_only: Callable[[dg.AssetsDefinition, date], RunSummary], capsys: pytest.CaptureFixture[str]
) -> None:
    """It may quote anything: a decision is called as somebody likes."""

    @dg.asset
    def count(context: dg.AssetExecutionContext) -> None:
        for way in ("", "nightly - id - 7 - publication - STEP_SUCCESS - "):
            context.log.info(f'{way}Finished execution of step "publication" in 3s')

    assert run_only(count, date(2026, 11, 20)).success
    said = capsys.readouterr().out
    assert "count" in said and "publication" not in said


def said_by_run(folder: Path, *arguments: str) -> list[str]:
    require_success("run", folder, start("run", folder, *arguments))
    return (folder / "run.log").read_text().splitlines()


def test_assets_run_by_name_and_are_found_in_the_ui(
    calm_night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_platform(calm_night, tmp_path)
    step, told = said_by_run(folder, "--assets", "marts/stores", "marts/sales_daily", "--as-of", NIGHT)
    assert re.fullmatch(STEP, step)
    end = r"Run of marts/stores, marts/sales_daily done in \d+ s\. Full log: (.*\.log)"
    assert (log := re.fullmatch(end, told))
    assert "RUN_SUCCESS" in Path(log[1]).read_text()
    monkeypatch.setenv("DAGSTER_HOME", str(folder / "dagster"))
    with DagsterInstance.get() as instance:
        made = instance.get_latest_materialization_event(dg.AssetKey(["marts", "stores"]))
        assert made is not None
        [run] = instance.get_runs(dg.RunsFilter(run_ids=[made.run_id], tags=REPOSITORY_TAG))
    assert run.tags["dagster/partition"] == NIGHT
    assert run.asset_selection == {dg.AssetKey(["marts", name]) for name in ("stores", "sales_daily")}


def test_a_job_without_nights_runs_by_name(calm_night: Path, tmp_path: Path) -> None:
    *_, told = said_by_run(copy_platform(calm_night, tmp_path), "--job", "weekly_tests")
    assert told.startswith("Run of weekly_tests done in")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--job", "weekly"], "There is no job weekly to run; there are file_drop, nightly, "),
        (["--job", "decide_withdraw_file"], "There is no job decide_withdraw_file to run"),
        (["--assets", "marts/store"], "There is no asset marts/store; did you mean marts/stores"),
        (["--job", "nightly", "--as-of", "today"], "'today' is no day; write yyyy-mm-dd"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(here: Here, arguments: list[str], sentence: str) -> None:
    code, [*_, told] = here(run.main, *arguments)
    assert code != 0
    assert sentence in told
