"""The direction of imports, and what loading the code location may cost."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from retail_assets.config import REPOSITORY

LAYERS = ["ml", "retail_assets", "jobs", "sensors"]
"""Imports point from right to left; `retail_assets.definitions` and the commands stand above all."""

TOP = {"retail_assets/definitions.py", "retail_assets/nightly.py", "retail_assets/demo.py"}
WIRING = {
    "assets.py",
    "column_lineage.py",
    "dbt_events.py",
    "definitions.py",
    "partitions.py",
    "table_schema.py",
    "initialise.py",
    "nightly.py",
}
HEAVY = ["torch", "mlflow", "prophet", "statsforecast", "sklearn", "dbt.cli"]


def _modules() -> list[Path]:
    return [p for layer in LAYERS for p in sorted((REPOSITORY / layer).rglob("*.py"))]


def _imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", _modules(), ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_imports_point_one_way(path: Path) -> None:
    name = str(path.relative_to(REPOSITORY))
    if name in TOP:
        return
    layer = path.relative_to(REPOSITORY).parts[0]
    above = LAYERS[LAYERS.index(layer) + 1 :] + (["retail_assets", "dagster"] if layer == "ml" else [])
    imported = {module.split(".")[0] for module in _imported(ast.parse(path.read_text()))}
    assert not imported & set(above), f"{name} imports from a layer above its own"
    if layer == "retail_assets" and path.name not in WIRING:
        assert not imported & {"dagster", "dagster_dbt"}, f"{name} is logic; wiring belongs in assets.py"


def test_the_code_location_imports_nothing_heavy() -> None:
    script = (
        "import sys, retail_assets.definitions as d; d.defs();"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=REPOSITORY)
    assert done.stdout.strip().splitlines()[-1:] == ["[]"], done.stdout + done.stderr
