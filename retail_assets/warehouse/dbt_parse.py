"""Parses the dbt project into the manifest that the code location reads, when something in it has changed."""

import hashlib
import os
import shutil
from importlib.metadata import version
from pathlib import Path

from retail_assets.lake import file_lock
from retail_assets.platform import Platform
from retail_assets.warehouse.dbt_command import dbt_environment
from retail_assets.warehouse.dbt_run import PARTIAL_PARSE, DbtFailed, call_dbt

_READ_BY_DBT = (".sql", ".yml", ".yaml", ".csv", ".md")
_WRITTEN_BY_DBT = {"target", "logs"}


def parse_dbt_project(platform: Platform) -> None:
    """Write dbt's manifest unless it was made of the project as it stands. Raises DbtFailed with what dbt says.

    Contents are compared, not times: files that go, or that git puts back, are as new as they were.
    """
    project = platform.settings.dbt_project_dir
    target = project / "target"
    parsed, manifest = target / "parsed", target / "manifest.json"
    with file_lock(target / ".parse.lock"):
        digest = _digest(project)
        if manifest.exists() and parsed.exists() and parsed.read_text(encoding="utf-8") == digest:
            return
        # dbt writes its files in place; a parse that is killed must not leave half a manifest that looks new.
        fresh = target / "parsing"
        told = dbt_environment(platform)
        said = call_dbt(
            ["parse"], project=project, target=fresh, environment=told, cwd=project, tell=lambda _: None
        )
        if said.code:
            raise DbtFailed(f"dbt could not parse {project}: {said.problem} Mend it and run `make setup`.")
        parsed.unlink(missing_ok=True)
        for name in (PARTIAL_PARSE, manifest.name):
            (fresh / name).replace(target / name)
        parsed.write_text(digest, encoding="utf-8")
        shutil.rmtree(fresh)


def _digest(project: Path) -> str:
    """Of all that a manifest is made from: the project's files by path and content, and dbt itself."""
    digest = hashlib.sha256(f"{version('dbt-core')} {version('dbt-duckdb')}".encode())
    for name, folders, files in os.walk(project):
        folders[:] = sorted(set(folders) - _WRITTEN_BY_DBT)
        for file in sorted(files):
            if file.endswith(_READ_BY_DBT):
                path = Path(name, file)
                content = path.read_bytes()
                digest.update(f"{path.relative_to(project)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
