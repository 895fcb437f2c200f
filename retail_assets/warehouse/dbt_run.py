"""Runs dbt as a child process, tells what it does meanwhile, and reads what came of it.

What dbt did stands in its documented artifact `run_results.json`; what it does right now in its structured log.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from retail_assets.errors import ExplainedError
from retail_assets.warehouse.dbt_command import dbt_executable
from retail_assets.warehouse.manifest import DataTest, Model

SUCCEEDED, FAILED, SKIPPED = "succeeded", "failed", "skipped"
_STATUSES = {
    "success": SUCCEEDED, "pass": SUCCEEDED, "warn": FAILED, "fail": FAILED, "error": FAILED,
    "runtime error": FAILED, "skipped": SKIPPED, "no-op": SUCCEEDED, "partial success": FAILED,
}  # fmt: skip
_ERRORS_TOLD = 20

PARTIAL_PARSE = "partial_parse.msgpack"
"""What dbt remembers of a project that it has parsed."""


class DbtFailed(ExplainedError):
    """dbt could not do its work at all; the text is dbt's own."""


@dataclass(frozen=True)
class NodeResult:
    """What became of a model or a test."""

    status: str
    message: str
    failures: int
    compiled: str | None


def run_dbt(
    *,
    project: Path,
    folder: Path,
    nodes: Iterable[str],
    environment: Mapping[str, str],
    target: Path,
    tell: Callable[[str], None],
) -> dict[str, NodeResult]:
    """Build models and run tests, given by name, in the warehouse that lies in a folder; what became of each by its
    unique id.

    Without any nodes dbt is not started. Raises DbtFailed when there is no result at all.
    """
    nodes = sorted(nodes)
    if not nodes:
        return {}
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    # A project that was parsed is not parsed again: dbt looks for that in the folder it writes to.
    parsed = project / "target" / PARTIAL_PARSE
    if parsed.exists():
        (target / PARTIAL_PARSE).write_bytes(parsed.read_bytes())
    build = ["build", "--exclude-resource-type", "unit_test", "--indirect-selection", "empty", "--select"]
    said = call_dbt(
        [*build, *nodes], project=project, target=target, environment=environment, cwd=folder, tell=tell
    )
    if not results.exists():
        raise DbtFailed(f"dbt could not build the warehouse: {said.problem}")
    return _results(results)


@dataclass(frozen=True)
class Said:
    """How dbt ended."""

    code: int
    errors: list[str]

    @property
    def problem(self) -> str:
        """Its errors in one line."""
        errors = " ".join(" ".join(self.errors[-_ERRORS_TOLD:]).split())
        return errors or f"it ended with code {self.code}"


def call_dbt(
    command: list[str],
    *,
    project: Path,
    target: Path,
    environment: Mapping[str, str],
    cwd: Path,
    tell: Callable[[str], None],
) -> Said:
    """Run one command of dbt on a project to its end. What it writes goes to `target`; `tell` hears what it does."""
    log = ["--log-format", "json", "--log-level-file", "none", "--no-version-check"]
    folders = ["--project-dir", str(project), "--profiles-dir", str(project)]
    folders += ["--target-path", str(target), "--log-path", str(target)]
    name, *options = command
    errors = []
    with subprocess.Popen(
        [str(dbt_executable()), *log, name, *folders, *options],
        env={**os.environ, **environment},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            text, is_error = _told(line)
            if is_error:
                errors.append(text)
            if text:
                tell(text)
    return Said(process.returncode, errors)


def _told(line: str) -> tuple[str, bool]:
    """What a line of dbt's log has to say to a person, and whether it is an error."""
    try:
        info = json.loads(line)["info"]
    except (ValueError, KeyError, TypeError):
        return line.strip(), False
    is_error = info["level"] == "error"
    if is_error:
        return info["msg"].strip(), True
    is_model = info["name"] == "LogModelResult"
    is_bad_test = info["name"] == "LogTestResult" and info["level"] == "warn"
    return (info["msg"].strip() if is_model or is_bad_test else ""), False


def status_of(results: Mapping[str, NodeResult], node: Model | DataTest) -> str:
    """SUCCEEDED, FAILED, or SKIPPED where dbt says nothing of a node."""
    return results[node.unique_id].status if node.unique_id in results else SKIPPED


def _results(file: Path) -> dict[str, NodeResult]:
    content = json.loads(file.read_text(encoding="utf-8"))
    return {
        one["unique_id"]: NodeResult(
            _STATUSES.get(one["status"], FAILED),
            one["message"] or "",
            one["failures"] or 0,
            one.get("compiled_code"),
        )
        for one in content["results"]
    }
