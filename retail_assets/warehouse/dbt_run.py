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

SUCCEEDED, FAILED, SKIPPED = "succeeded", "failed", "skipped"
_STATUSES = {
    "success": SUCCEEDED, "pass": SUCCEEDED, "warn": FAILED, "fail": FAILED, "error": FAILED,
    "runtime error": FAILED, "skipped": SKIPPED, "no-op": SUCCEEDED, "partial success": FAILED,
}  # fmt: skip
_ERRORS_TOLD = 20


class DbtFailed(ExplainedError):
    """dbt could not do its work at all; the text is dbt's own."""


@dataclass(frozen=True)
class NodeResult:
    """What became of a model or a test."""

    status: str
    message: str
    failures: int
    compiled: str | None
    seconds: float


def run_dbt(
    *,
    project: Path,
    folder: Path,
    nodes: Iterable[str] | None,
    environment: Mapping[str, str],
    target: Path,
    tell: Callable[[str], None],
) -> dict[str, NodeResult]:
    """Build models and run tests, given by name (None: all), in the warehouse that lies in a folder; what became of
    each by its unique id.

    Without any nodes dbt is not started. Raises DbtFailed when there is no result at all.
    """
    if nodes is not None and not (nodes := sorted(nodes)):
        return {}
    folders = ["--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target)]
    command = [
        str(dbt_executable()),
        "--log-format",
        "json",
        "--log-level-file",
        "none",
        "--no-version-check",
    ]
    command += ["build", *folders, "--exclude-resource-type", "unit_test"]
    if nodes is not None:
        command += ["--indirect-selection", "empty", "--select", *nodes]
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    # A project that was parsed is not parsed again: dbt looks for that in the folder it writes to.
    parsed = project / "target" / "partial_parse.msgpack"
    if parsed.exists():
        (target / parsed.name).write_bytes(parsed.read_bytes())
    errors = []
    with subprocess.Popen(
        command,
        env={**os.environ, **environment},
        cwd=folder,
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
    if not results.exists():
        said = (
            " ".join(" ".join(errors[-_ERRORS_TOLD:]).split()) or f"it ended with code {process.returncode}"
        )
        raise DbtFailed(f"dbt could not build the warehouse: {said}")
    content = json.loads(results.read_text(encoding="utf-8"))
    return {
        one["unique_id"]: NodeResult(
            _STATUSES.get(one["status"], FAILED),
            one["message"] or "",
            one["failures"] or 0,
            one.get("compiled_code"),
            one["execution_time"],
        )
        for one in content["results"]
    }


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
