"""Runs dbt over a lake inside the test's process, which saves seconds a run, and reads what it made."""

import json
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterable
from contextlib import chdir, contextmanager, nullcontext, suppress
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, settings

from retail_assets.config import DBT_PROJECT_DIR, Settings
from retail_assets.database import migrate
from retail_assets.flows import platform_of
from retail_assets.warehouse import build, dbt_run
from retail_assets.warehouse.build import Wanted, build_warehouse
from retail_assets.warehouse.build_report import BuildReport
from retail_assets.warehouse.dbt_command import dbt_environment, dbt_target
from retail_assets.warehouse.manifest import read_manifest
from retail_assets.warehouse.snapshot import take_snapshot
from tests.lake_builder import LakeBuilder

AS_OF = date(2026, 11, 20)
FEW = settings(
    max_examples=4,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # a smaller example costs minutes
    suppress_health_check=[HealthCheck.too_slow],
)
"""For properties of which each example builds a warehouse."""

Rows = list[tuple[Any, ...]]


class Warehouse:
    """The working file of one platform."""

    def __init__(self, data_dir: Path) -> None:
        self.settings = Settings(data_dir=data_dir, time_zone="Europe/Berlin")
        self.platform = platform_of(self.settings)
        self.path = self.platform.lake.warehouse
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def dbt(
        self,
        command: str,
        *arguments: str,
        as_of: date = AS_OF,
        test_all_history: bool = False,
        on_event: Callable[[Any], None] = lambda _: None,
    ) -> Any:
        """Run dbt and give its result; use `build` where it has to succeed."""
        folder = self.path.parent
        where = ["--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)]
        where += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
        told = self.environment(as_of, test_all_history=test_all_history)
        take_snapshot(self.platform.lake, self.platform.tables.values())
        return _dbt([command, *where, *arguments], told, folder, on_event)

    def environment(self, as_of: date, *, test_all_history: bool = False) -> dict[str, str]:
        now = datetime.combine(as_of, time(1), UTC)
        return dbt_environment(self.platform, as_of=as_of, now=now, test_all_history=test_all_history)

    def build(self, *models: str, as_of: date = AS_OF, tests: bool = False, **options: Any) -> None:
        """Build models (all, when none are named); raises when one fails."""
        select = ["--select", *models] if models else []
        kinds = ["unit_test"] if tests else ["unit_test", "test"]
        exclude = [word for kind in kinds for word in ("--exclude-resource-type", kind)]
        done = self.dbt("build", *select, *exclude, as_of=as_of, **options)
        failures = [f"{r.node.name}: {r.message}" for r in done.result or [] if r.status in ("error", "fail")]
        assert done.success, failures or done.exception

    def rows(self, query: str) -> Rows:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(query).fetchall()

    def table(self, name: str, *, without: tuple[str, ...] = ()) -> Rows:
        """All rows of a table, in an order of their own."""
        excluded = f" exclude ({', '.join(without)})" if without else ""
        return self.rows(f"select *{excluded} from {name} order by all")


class Builds:
    """Builds the warehouse of a lake as a night's step of dbt does, but with dbt in the test's process."""

    def __init__(self, lake: LakeBuilder, *models: str) -> None:
        """Of these models with all they are built from; of all, when none are named."""
        self.lake = lake
        self.platform = lake.platform
        self.manifest = read_manifest(DBT_PROJECT_DIR)
        self.models = self.manifest.upstream(models or self.manifest.models)
        self.rebuilt: set[str] = set()
        """What dbt built in the last build."""
        migrate(self.platform.settings)

    def build(self, *, as_of: date = AS_OF, now: datetime | None = None, **wanted: Any) -> BuildReport:
        """Build; the keywords are those of `Wanted`, and by default everything is wanted."""
        everything: dict[str, Any] = {"step": "warehouse", "models": self.models, "tested": ()}
        given = Wanted(**everything | wanted)
        run_id = uuid.uuid4().hex
        with dbt_in_this_process():
            report = build_warehouse(
                self.platform,
                self.manifest,
                given,
                as_of=as_of,
                now=now or datetime.combine(as_of, time(1), UTC),
                run_id=run_id,
                tell=lambda _: None,
            )
        results = dbt_target(self.platform.lake, run_id) / "run_results.json"
        ran = json.loads(results.read_text())["results"] if results.exists() else []
        self.rebuilt = {
            one["unique_id"].split(".")[2] for one in ran if one["unique_id"].startswith("model.")
        }
        return report

    def build_part(self, *models: str, **wanted: Any) -> BuildReport:
        """Build some models only, as a dropped file or a person does."""
        return self.build(models=self.manifest.upstream(models) & self.models, is_complete=False, **wanted)

    def asked_of_dbt(self, **wanted: Any) -> set[str]:
        """The models and tests that a build would have dbt run now, without running it."""
        asked: set[str] = set()

        def run_nothing(*, nodes: Iterable[str], **_: Any) -> dict[str, Any]:
            asked.update(nodes)
            raise InterruptedError

        folder = self.platform.lake.warehouse.parent
        kept = {
            name: (folder / name).read_bytes()
            for name in ("built.json", "building")
            if (folder / name).exists()
        }
        with pytest.MonkeyPatch.context() as patch, suppress(InterruptedError):
            patch.setattr(build, "run_dbt", run_nothing)
            self.build(**wanted)
        (folder / "building").unlink()
        for name, content in kept.items():
            (folder / name).write_bytes(content)
        return asked


@contextmanager
def dbt_in_this_process() -> Generator[None]:
    """Let the platform's code run dbt here where it would start a program, which saves seconds each time."""
    instead = SimpleNamespace(Popen=_DbtHere, PIPE=subprocess.PIPE, STDOUT=subprocess.STDOUT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_run, "subprocess", instead)
        yield


class _DbtHere(nullcontext[Any]):
    """What subprocess.Popen is to the code that runs dbt: it says nothing and has ended."""

    def __init__(self, command: list[str], *, env: dict[str, str], cwd: Path, **_: Any) -> None:
        super().__init__(self)
        self.stdout: list[str] = []
        self.returncode = 0 if _dbt(command[1:], env, cwd).success else 1


def _dbt(
    arguments: list[str],
    told: dict[str, str],
    folder: Path,
    on_event: Callable[[Any], None] = lambda _: None,
) -> Any:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from dbt.task import runnable

    # The profile names the database by its file name.
    with pytest.MonkeyPatch.context() as patch, chdir(folder):
        for name, value in told.items():
            patch.setenv(name, value)
        project = arguments[arguments.index("--project-dir") + 1]
        patch.setattr(runnable, "write_manifest", lambda *_: None)
        try:
            return dbtRunner(_parsed(project), callbacks=[on_event]).invoke(["--quiet", *arguments])
        finally:
            # dbt keeps its connection, and with it the file's lock, until it is told to let go.
            DuckDBConnectionManager.close_all_connections()


@cache
def _parsed(project: str) -> Any:
    """A dbt project, parsed once for all its runs in this process."""
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as target:
        known = Path(project, "target", "partial_parse.msgpack")
        if known.exists():
            shutil.copyfile(known, Path(target, known.name))
        where = ["--project-dir", project, "--profiles-dir", project, "--target-path", target]
        return dbtRunner().invoke(["--quiet", "parse", *where, "--no-write-json"]).result
