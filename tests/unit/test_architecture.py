"""The direction of imports as the documentation draws it, and what loading the code location may cost."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from retail_assets.config import REPOSITORY

TOP = ("ml", "retail_assets", "jobs", "sensors")
HEAVY = [
    "torch",
    "mlflow",
    "prophet",
    "statsforecast",
    "sklearn",
    "dbt.cli",
    "duckdb",
    "pandas",
    "matplotlib",
]
WIRING = {"assets.py", "specs.py", "training.py", "initialise.py", "command_run.py", "definitions.py"}
"""Modules that may import Dagster, beside the packages dagster_kit, jobs and sensors."""


def modules() -> dict[str, Path]:
    found = {}
    for path in (path for top in TOP for path in (REPOSITORY / top).rglob("*.py")):
        name = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


MODULES = modules()


def imported(path: Path) -> Iterator[str]:
    """Names of modules and of what is imported from them, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(name: str) -> str | None:
    """The module of the project that an imported name is, or is of."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None


IMPORTS = {
    name: {module for one in imported(path) if (module := own(one))} - {name}
    for name, path in MODULES.items()
}


def package(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "retail_assets" and len(parts) > 1 else parts[0]


def drawn() -> list[list[str]]:
    """The rows of the picture in docs/architecture.md, the highest first."""
    text = (REPOSITORY / "docs" / "architecture.md").read_text()
    picture = re.search(r"```text\n(commands .*?)```", text, re.DOTALL)
    assert picture
    return [re.split(r"\s{2,}", line)[1:] for line in picture[1].splitlines()]


HEIGHT = {name: -row for row, names in enumerate(drawn()) for name in names}
COMMANDS = {"nightly", "run", "demo", "dev", "generate", "verify"}


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downwards(module: str) -> None:
    if module.endswith("__main__") or package(module) in COMMANDS:
        return
    here = package(module)
    if here == "migrations":  # Alembic calls them; they import what makes tables
        return
    assert here in HEIGHT or here == "retail_assets", f"docs/architecture.md does not draw {here}"
    upwards = {
        one
        for one in IMPORTS[module]
        if package(one) not in (here, "retail_assets") and HEIGHT[package(one)] >= HEIGHT[here]
    }
    assert not upwards, f"{module} imports from beside or above {here}"


ROOMS = ["issues", "panels", "series", "members", "backtests", "calibrations"]
"""Of ml/forecasting, the lowest first; what stands beside them uses them all."""


def test_rooms_of_forecasting_import_downwards() -> None:
    found = {}
    for module, names in IMPORTS.items():
        room = module.split(".")[2] if module.startswith("ml.forecasting.") else None
        if room in ROOMS:
            others = {name.split(".")[2] for name in names if name.count(".") > 1 and "forecasting" in name}
            found[module] = others - set(ROOMS[: ROOMS.index(room) + 1])
    assert found
    assert not {module: above for module, above in found.items() if above}


def test_no_files_import_each_other_in_a_circle() -> None:
    list(TopologicalSorter(IMPORTS).static_order())


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith(("retail_assets", "ml"))])
def test_only_wiring_imports_dagster(module: str) -> None:
    names = {name.partition(".")[0] for name in imported(MODULES[module])}
    if module.startswith("ml"):
        assert not names & {"dagster", "retail_assets"}
    elif MODULES[module].name not in WIRING and package(module) != "dagster_kit":
        assert "dagster" not in names, f"{module} is logic; wiring belongs in assets.py"


def test_dagsters_private_modules_are_named_in_one_place() -> None:
    paths = [*MODULES.values(), *(REPOSITORY / "tests").rglob("*.py")]
    private = [path for path in paths if any(one.startswith("dagster._") for one in imported(path))]
    assert private == [MODULES["retail_assets.dagster_kit.private"]]


def test_definitions_stay_short() -> None:
    assert len(MODULES["retail_assets.definitions"].read_text().splitlines()) <= 60


def test_the_code_location_imports_nothing_heavy() -> None:
    script = (
        "import sys, retail_assets.definitions as d; d.defs();"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=REPOSITORY)
    assert done.stdout.strip().splitlines()[-1:] == ["[]"], done.stdout + done.stderr
