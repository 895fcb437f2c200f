"""The init step: everything that must exist before the first run, made once and by one process.

A fresh Dagster home or MLflow store that two processes open at once breaks, so both are made here under a
lock. Running it again is cheap and changes nothing.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path

from ml.errors import without_passwords
from ml.tracking.registry import RegistryUnreachable
from retail_assets.audiences import ANALYSTS
from retail_assets.config import REPOSITORY, Settings
from retail_assets.database import migrate
from retail_assets.errors import ExplainedError
from retail_assets.flows import platform_of
from retail_assets.intake.identity import require_same_platform
from retail_assets.intake.ledger import oldest_night
from retail_assets.intake.ledger_export import export_ledger
from retail_assets.lake import PRIVATE_FILE, PRIVATE_FOLDER, Lake, file_lock, private_folder
from retail_assets.models.setup import register_packaged_models
from retail_assets.models.spec import registry_of
from retail_assets.names import printable
from retail_assets.partitions import first_night as first_night_of
from retail_assets.partitions import today
from retail_assets.platform import Platform
from retail_assets.warehouse.dbt_parse import parse_dbt_project
from retail_assets.warehouse.lock import WAREHOUSE_POOL
from retail_assets.warehouse.sources import land_empty_tables

OF_THE_GROUP = 0o770


def initialise(platform: Platform, *, first_night: date | None = None) -> None:
    """Create the folders, databases and the dbt manifest of one platform.

    `first_night` is the oldest night that it will be able to run, where that is not fixed yet; by default today.
    """
    settings, lake = platform.settings, platform.lake
    home = private_folder(settings.dagster_home)
    home.chmod(PRIVATE_FOLDER)  # who copied a dagster.yaml there may have made it; its logs quote files
    with file_lock(home / ".initialise.lock"):
        _create_folders(
            lake
        )  # first: whoever needs a folder makes it, but not with the modes that it is to have
        platform.require_distinct_names()
        migrate(settings)
        require_same_platform(settings)
        _fix_first_night(settings, lake, first_night)
        export_ledger(settings)
        land_empty_tables(platform)
        _create_dagster_home(home)
        _keep_logs(settings)
        create_mlflow_database(settings)
        register_packaged_models(settings, platform.models.values())
    parse_dbt_project(platform)


def _create_folders(lake: Lake) -> None:
    """The folders of a platform. Sources come into the inbox and readers to the releases; all else is its own.

    What waits in the inbox may name persons: strangers do not enter, and the umask says whether the group does.
    """
    for folder in (lake.root, lake.releases):
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(ANALYSTS.mode)  # whatever the umask
    for folder in (lake.inbox, lake.sources):
        folder.mkdir(mode=OF_THE_GROUP, exist_ok=True)
    for folder in (lake.claims.parent, lake.claims, lake.warehouse.parent, lake.mlflow):
        private_folder(folder).chmod(PRIVATE_FOLDER)


def _fix_first_night(settings: Settings, lake: Lake, wanted: date | None) -> None:
    """Write down the oldest night: of a platform that has run already, the first that it ran.

    Until a night has run, the oldest that was ever asked for: `make setup` alone asks for none.
    """
    ran = oldest_night(settings)
    if lake.platform_file.exists() and (ran or wanted is None):
        return
    known = first_night_of(settings) if lake.platform_file.exists() else None
    first = min(night for night in (ran, wanted, known, today(settings.zone)) if night is not None)
    fresh = lake.platform_file.with_suffix(".new")
    fresh.touch(mode=PRIVATE_FILE)
    fresh.write_text(json.dumps({"first_night": first.isoformat()}), encoding="utf-8")
    fresh.replace(lake.platform_file)


def _create_dagster_home(home: Path) -> None:
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(REPOSITORY / "deploy" / "dagster.yaml", home / "dagster.yaml.new")
        (home / "dagster.yaml.new").rename(home / "dagster.yaml")
    with _once(
        home / ".created", leftovers=[home / "storage", home / "history", home / "schedules"]
    ) as missing:
        if missing:
            from retail_assets.dagster_kit.private import limit_pool, opened_instance

            with opened_instance(home) as instance:
                # A pool's default limit leaks once on a fresh instance: the first two queued runs both start.
                limit_pool(instance, WAREHOUSE_POOL, 1)


def _keep_logs(settings: Settings) -> None:
    """Commands once logged where Dagster's servers take from, so some may still wait to be sent away."""
    settings.command_logs.mkdir(exist_ok=True)
    for folder in ("logs", ".logs_queue"):
        for log in (settings.dagster_home / folder).glob("*-????????T??????.log"):
            log.replace(settings.command_logs / log.name)


def create_mlflow_database(settings: Settings) -> None:
    """MLflow's tables; those of a server are its own business."""
    if registry_of(settings).is_server:
        return
    folder = private_folder(settings.data_dir / "mlflow")
    where = hashlib.sha256((settings.mlflow_url or "sqlite").encode()).hexdigest()[:8]
    made_by, installed = folder / f".mlflow-{where}", version("mlflow")
    with _once(folder / f".created-{where}", leftovers=[folder / "mlflow.db"]) as missing:
        known = made_by.read_text(encoding="utf-8") if made_by.exists() else None
        answers = not missing and _registry_answers(settings)
        # The marker may outlive its database. One that only does not answer now is not waited for.
        if answers and known == installed:
            return
        why_not = _upgrade_mlflow_database(settings)
        if why_not is None:
            made_by.write_text(installed, encoding="utf-8")
        elif missing or answers:
            raise RegistryUnreachable(why_not)


def _upgrade_mlflow_database(settings: Settings) -> str | None:
    """Make MLflow's tables, or bring them up to date; why that was not possible, as a sentence."""
    done = subprocess.run(
        [*_until_we_end(), sys.executable, "-m", "ml.tracking.upgrade"],
        env={**os.environ, "MLFLOW_TRACKING_URI": settings.registry_url},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return None
    said = done.stderr.strip().splitlines()
    return (
        without_passwords(said[-1])
        if said
        else f"MLflow's tables could not be made (exit code {done.returncode})."
    )


def _registry_answers(settings: Settings) -> bool:
    from ml.tracking.reading import require_reachable

    try:
        require_reachable(registry_of(settings))
    except RegistryUnreachable:
        return False
    return True


@contextmanager
def _once(marker: Path, *, leftovers: list[Path]) -> Generator[bool]:
    """Whether something has still to be made. What an earlier try left half-made is removed before."""
    begun = marker.with_name(marker.name + ".begun")
    if marker.exists():
        yield False
        return
    for leftover in leftovers if begun.exists() else []:
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink(missing_ok=True)
    begun.touch()
    yield True
    marker.touch()
    begun.unlink()


def _until_we_end() -> list[str]:
    """The start of a command that ends with this process: an orphan would meet its successor."""
    return ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


def main() -> int:
    argparse.ArgumentParser(
        prog=".venv/bin/python -m retail_assets.initialise", description=__doc__
    ).parse_args()
    try:
        initialise(platform_of(Settings()))
    except ExplainedError as error:
        print(printable(str(error)), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
