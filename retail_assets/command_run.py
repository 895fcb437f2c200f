"""A run started by a command: its steps are told as they go, then what came of them. The full log is a file."""

import logging
import os
import re
import time
import warnings
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from retail_assets.kit.terminal import Terminal
from retail_assets.partitions import today
from retail_assets.platform import Platform

SENTENCES_SHOWN = 10
LOGS_KEPT = 200


@dataclass
class RunSummary:
    """How a run ended."""

    success: bool
    night: date
    seconds: float
    log: Path
    problems: list[str] = field(default_factory=list)
    """Sentences of what failed."""
    warnings: list[str] = field(default_factory=list)
    """Checks that did not pass, as sentences."""
    intake: list[str] = field(default_factory=list)
    """Files by state and rows: of this run, and of its night in all where that is more."""
    release: str | None = None
    """The release that was published; None when nothing was."""


def show_summary(terminal: Terminal, done: RunSummary) -> None:
    """Problems, warnings with counts, what was taken and what was published."""
    for sentence in done.problems:
        terminal.fail(sentence)
    for sentence in done.warnings[:SENTENCES_SHOWN]:
        terminal.say(f"warning: {sentence}", "yellow")
    if len(done.warnings) > SENTENCES_SHOWN:
        terminal.say(f"… and {len(done.warnings) - SENTENCES_SHOWN} more.", "yellow")
    if done.warnings:
        terminal.say("`make dev` shows these checks with what to do about each.", "yellow")
    if done.success:
        for line in done.intake:
            terminal.say(line)
        published = done.release and f"Published release {done.release}."
        terminal.say(published or "Nothing changed: nothing was published.")
    how = "done" if done.success else "failed"
    terminal.say(f"Night of {done.night} {how} in {done.seconds:.0f} s. Full log: {_short(done.log)}")


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def run_job(platform: Platform, name: str, night: date, terminal: Terminal) -> RunSummary:
    """Run a job as a real Dagster run in this process, telling its steps, with the log in a file."""
    os.environ["DAGSTER_HOME"] = str(platform.settings.dagster_home)
    warnings.simplefilter(
        "ignore"
    )  # what libraries have to say about themselves is for the log of whoever develops
    started = time.monotonic()
    import dagster as dg

    from retail_assets.dagster_kit.private import PARTITION_TAG, REPOSITORY_TAG, place_runs_in_code_location
    from retail_assets.definitions import build_defs
    from retail_assets.intake.run_summary import drops_as_they_stand, intake_lines

    before = drops_as_they_stand(platform.lake)
    # A night after today's is no partition yet, so Dagster takes it as a tag only.
    is_ahead = night > today(platform.settings.zone)
    log = _new_log(platform.settings.dagster_home / "logs", f"{name}-{night}")
    _libraries_into(log)
    job = build_defs(platform, loggers={"command": _command_logger(log, terminal)}).resolve_job_def(name)
    with dg.DagsterInstance.get() as instance:
        place_runs_in_code_location(instance, name)
        result = job.execute_in_process(
            instance=instance,
            partition_key=None if is_ahead else night.isoformat(),
            raise_on_error=False,
            tags=REPOSITORY_TAG | ({PARTITION_TAG: night.isoformat()} if is_ahead else {}),
            run_config={"loggers": {"command": {}}},
        )
    summary = _summary(result, night, time.monotonic() - started, log)
    summary.intake = intake_lines(platform.lake, night, before)
    return summary


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
    logging.getLogger().handlers = [file]


def _command_logger(log: Path, terminal: Terminal) -> Any:
    """A Dagster logger that writes everything into a file, and steps to the terminal."""
    import dagster as dg

    def command_logger(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("retail_assets.command", logging.DEBUG)
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
        r'(Finished) execution of step "(\w+)" in ([\d.]+m?s)|Execution of step "(\w+)" (failed)'
    )
    _SAID = re.compile(r"\S+ - \S+ - \S+ - (.*)", re.DOTALL)

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(logging.DEBUG)
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if ended := self._ENDED.search(text):
            _, step, took, failed_step, failed = ended.groups()
            self._terminal.say(f"  {step or failed_step:<28} {took or failed}")
        elif record.levelno == logging.WARNING and (said := self._SAID.match(text)):
            self._terminal.say(f"  {said[1].splitlines()[0]}", "yellow")


def _summary(result: Any, night: date, seconds: float, log: Path) -> RunSummary:
    problems, found, release = [], [], None
    for event in result.all_events:
        if event.is_step_failure:
            problems.append(f"{event.step_key}: {_sentence(event)}")
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            if not check.passed:
                said = (check.description or "did not pass").partition(". ")[0].rstrip(".")
                found.append(f"{check.asset_key.to_user_string()} ({check.check_name}): {said}.")
        elif event.event_type_value == "ASSET_MATERIALIZATION" and event.asset_key.path[-1] == "release":
            number = event.materialization.metadata["release"].value
            release = str(number) if isinstance(number, int) else None
    return RunSummary(result.success, night, seconds, log, problems, found, release=release)


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
