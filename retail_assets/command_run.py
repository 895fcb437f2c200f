"""A run started by a command: its steps are told as they go, then what came of them. The full log is a file."""

import logging
import re
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retail_assets.config import Settings
from retail_assets.errors import ExplainedError
from retail_assets.flows import platform_of
from retail_assets.initialise import initialise
from retail_assets.intake.ledger import newest_night
from retail_assets.kit.previews import as_it_was
from retail_assets.kit.terminal import Terminal
from retail_assets.names import PrintableLogger, printable, printable_record
from retail_assets.partitions import require_night, today
from retail_assets.platform import Platform

if TYPE_CHECKING:
    import dagster as dg

SENTENCES_SHOWN = 10
LOGS_KEPT = 200
LEDGER, RELEASE = "intake/ledger", "published/release"


class NothingToRun(ExplainedError):
    """No job or asset has that name; the text says which there are."""


@dataclass
class RunSummary:
    """How a run ended."""

    success: bool
    what: str
    """What ran, as the start of a sentence."""
    night: date
    seconds: float
    log: Path
    problems: list[str] = field(default_factory=list)
    """Sentences of what failed."""
    warnings: list[str] = field(default_factory=list)
    """Checks that did not pass: a sentence that says so, and those that say what to do. The log ends with them."""
    made: set[str] = field(default_factory=set)
    """Assets that were materialised."""
    intake: list[str] = field(default_factory=list)
    """Files by state, rows and decisions: of this run, and of its night in all where that is more."""
    release: str | None = None
    """The release that was published; None when nothing was."""


def run_from_terminal(run: Callable[..., RunSummary], what: Any, *, as_of: date | None) -> int:
    """What a command does: set up, run `run_job` or `run_assets` for a night (today's), show; the exit code."""
    terminal = Terminal()
    try:
        settings = Settings()
        platform, current = platform_of(settings), today(settings.zone)
        night = as_of or current
        initialise(platform)
        ran = newest_night(settings)
        require_night(settings, night, newest=max(current, ran[0]) if ran else current)
        done = run(platform, what, night, terminal)
    except ExplainedError as error:
        terminal.fail(str(error))
        return 1
    show_summary(terminal, done)
    return 0 if done.success else 1


def show_summary(terminal: Terminal, done: RunSummary) -> None:
    """What failed, warnings, and what became of files and rows where the run took some."""
    for sentence in done.problems:
        terminal.fail(sentence)
    for sentences in done.warnings[:SENTENCES_SHOWN]:
        terminal.say(f"warning: {sentences.partition('. ')[0].rstrip('.')}.", "yellow")
    if len(done.warnings) > SENTENCES_SHOWN:
        terminal.say(f"… and {len(done.warnings) - SENTENCES_SHOWN} more.", "yellow")
    if done.warnings:
        terminal.say(
            "What to do about each stands at the end of the log, and in the UI (`make dev`).", "yellow"
        )
    if done.success and LEDGER in done.made:
        for line in done.intake:
            terminal.say(line)
    if done.success and RELEASE in done.made:
        published = done.release and f"Published release {done.release}."
        terminal.say(published or "Nothing changed: nothing was published.")
    how = "done" if done.success else "failed"
    terminal.say(f"{done.what} {how} in {done.seconds:.0f} s. Full log: {_short(done.log)}")


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def run_job(
    platform: Platform,
    name: str,
    night: date,
    terminal: Terminal,
    *,
    config: Mapping[str, Mapping[str, Any]] = {},
) -> RunSummary:
    """Run a job as a real Dagster run in this process, telling its steps, with the log in a file; `config` by step.

    Raises NothingToRun.
    """
    return _run(platform, name, [], night, terminal, config)


def run_assets(platform: Platform, keys: Sequence[str], night: date, terminal: Terminal) -> RunSummary:
    """The same for some assets with their checks, `marts/store_performance`. Raises NothingToRun."""
    return _run(platform, None, keys, night, terminal)


def _run(
    platform: Platform,
    name: str | None,
    keys: Sequence[str],
    night: date,
    terminal: Terminal,
    config: Mapping[str, Mapping[str, Any]] = {},
) -> RunSummary:
    warnings.simplefilter(
        "ignore"
    )  # what libraries have to say about themselves is for the log of whoever develops
    started = time.monotonic()
    from retail_assets.dagster_kit.private import (
        PARTITION_TAG,
        REPOSITORY_TAG,
        opened_instance,
        place_runs_in_code_location,
    )
    from retail_assets.definitions import build_defs
    from retail_assets.intake.run_summary import drops_as_they_stand, intake_lines

    before = drops_as_they_stand(platform.lake)
    # A night after today's is no partition yet, so Dagster takes it as a tag only.
    is_ahead = night > today(platform.settings.zone)
    log = _new_log(platform.settings.command_logs, f"{name or 'assets'}-{night}")
    _libraries_into(log)
    defs = build_defs(platform, loggers={"command": _command_logger(log, terminal)})
    job = _job_named(defs, name) if name else defs.resolve_implicit_global_asset_job_def()
    assets = _assets_named(job, keys)
    with opened_instance(platform.settings.dagster_home) as instance:
        place_runs_in_code_location(instance, job.name)
        result = job.execute_in_process(
            instance=instance,
            partition_key=night.isoformat() if job.partitions_def and not is_ahead else None,
            asset_selection=assets or None,
            raise_on_error=False,
            tags=REPOSITORY_TAG | ({PARTITION_TAG: night.isoformat()} if is_ahead else {}),
            run_config={
                "loggers": {"command": {}},
                "ops": {step: {"config": dict(values)} for step, values in config.items()},
            },
        )
    what = f"Night of {night}" if name == "nightly" else f"Run of {name or ', '.join(keys)}"
    summary = _summary(result, what, night, time.monotonic() - started, log)
    summary.intake = intake_lines(platform.lake, night, before)
    return summary


def _job_named(defs: "dg.Definitions", name: str) -> "dg.JobDefinition":
    """Of the jobs that need nothing but a night; a decision needs its fields."""
    jobs = {job.name: job for job in defs.get_repository_def().get_all_jobs() if job.run_config is None}
    known = sorted(one for one in jobs if not one.startswith("__"))
    if name not in known:
        raise NothingToRun(f"There is no job {name} to run; there are {', '.join(known)}.")
    return jobs[name]


def _assets_named(job: "dg.JobDefinition", names: Sequence[str]) -> list["dg.AssetKey"]:
    found = {key.to_user_string(): key for key in job.asset_layer.selected_asset_keys}
    if unknown := [name for name in names if name not in found]:
        near = dict.fromkeys(one for name in unknown for one in get_close_matches(name, found, n=3))
        hint = f"did you mean {' or '.join(near)}?" if near else "they are named like marts/sales_daily."
        raise NothingToRun(f"There is no asset {', '.join(unknown)}; {hint}")
    return [found[name] for name in names]


def _new_log(folder: Path, name: str) -> Path:
    """Where this run writes; of earlier runs the newest are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    earlier = sorted(folder.glob("*.log"), key=lambda log: log.stat().st_mtime, reverse=True)
    for log in earlier[LOGS_KEPT - 1 :]:
        log.unlink(missing_ok=True)
    return folder / f"{name}-{time.strftime('%Y%m%dT%H%M%S')}.log"


def _libraries_into(log: Path) -> None:
    """What libraries and plain modules log goes into the file too, instead of onto the terminal."""
    file = logging.FileHandler(log, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    file.addFilter(printable_record)
    logging.getLogger().handlers = [file]


def _command_logger(log: Path, terminal: Terminal) -> Any:
    """A Dagster logger that writes everything into a file, and steps to the terminal."""
    import dagster as dg

    def command_logger(_: dg.InitLoggerContext) -> logging.Logger:
        logger = PrintableLogger("retail_assets.command", logging.DEBUG)
        file = logging.FileHandler(log, encoding="utf-8")
        file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(file)
        logger.addHandler(_Steps(terminal))
        return logger

    return dg.LoggerDefinition(
        command_logger, description="The log of a command: its steps on the terminal, all in a file."
    )


class _Steps(logging.Handler):
    """Steps as they end, and warnings that a step logs, on the terminal."""

    _ENDED = re.compile(
        r"\S+ - \S+ - \d+ - \w+ - STEP_\w+ - "  # what a step says has no process: it tells no step
        r'(?:Finished execution of step "(\w+)" in ([\d.]+m?s)|Execution of step "(\w+)" (failed))'
    )
    _SAID = re.compile(r"\S+ - \S+ - \S+ - (.*)", re.DOTALL)

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(logging.DEBUG)
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if ended := self._ENDED.match(text):
            step, took, failed_step, failed = ended.groups()
            self._terminal.say(f"  {step or failed_step:<28} {took or failed}")
        elif record.levelno == logging.WARNING and (said := self._SAID.match(text)):
            self._terminal.say(f"  {said[1].splitlines()[0]}", "yellow")


def _summary(result: Any, what: str, night: date, seconds: float, log: Path) -> RunSummary:
    import dagster as dg

    done = RunSummary(result.success, what, night, seconds, log)
    for event in result.all_events:
        if event.is_step_failure:
            if not _stopped_by_check(event):
                done.problems.append(f"{event.step_key}: {_sentence(event)}")
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            if not check.passed:
                said = as_it_was(check.description or "did not pass").rstrip(".")
                stops = check.blocking and check.severity == dg.AssetCheckSeverity.ERROR
                (done.problems if stops else done.warnings).append(
                    f"{check.asset_key.to_user_string()} ({check.check_name}): {said}."
                )
        elif event.event_type_value == "ASSET_MATERIALIZATION":
            key = event.asset_key.to_user_string()
            done.made.add(key)
            if key == RELEASE:
                number = event.materialization.metadata["release"].value
                done.release = str(number) if isinstance(number, int) else None
    with log.open("a", encoding="utf-8") as file:
        file.writelines(f"warning: {printable(sentences)}\n" for sentences in done.warnings)
    return done


def _stopped_by_check(event: Any) -> bool:
    """Whether a step failed because of what its own check found, which that says better."""
    error = event.step_failure_data.error
    return error is not None and error.cls_name == "DagsterAssetCheckFailedError"


def _sentence(event: Any) -> str:
    """What a person has to know of a step's failure."""
    data = event.step_failure_data
    failure = data.user_failure_data
    if failure is not None and failure.description:
        return failure.description
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return " ".join(error.message.split()) if error is not None else event.message
