"""Fixtures that several rooms share: a platform in a temporary folder, and a real PostgreSQL."""

import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from retail_assets.config import Settings
from retail_assets.flows import platform_of
from retail_assets.kit.terminal import end_quietly
from retail_assets.platform import Platform
from tests.ci import IN_CI
from tests.faults.night import drop_retailer, run_nights
from tests.prepared import copy_platform, once, set_up_twice_at_once

end_quietly()

# A night of most tests is about something else: its forecast costs a moment, in this process. Commands inherit it.
os.environ.setdefault("RETAIL_DEMAND_MODELS", "theta")
os.environ.setdefault("RETAIL_DEMAND_WORKERS", "1")
# No test asks a real language model, whoever runs it.
for _name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
    os.environ.pop(_name, None)


ODD_NAME = 'shop {x} \'s "best" $HOME 9% #1 é~/store_id=5'


def settings_of(folder: Path) -> Settings:
    """The settings of an empty platform under a folder."""
    return Settings(
        data_dir=folder / "data",
        dagster_home=folder / "dagster",
        settle_seconds=0.05,
        time_zone="Europe/Berlin",
        first_night=date(2026, 1, 1),
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty platform of its own."""
    return settings_of(tmp_path)


@pytest.fixture
def platform(settings: Settings) -> Platform:
    """The same with all flows."""
    return platform_of(settings)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run of tests have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own


@pytest.fixture(scope="session")
def prepared_platform(shared_folder: Path) -> Path:
    """A platform that set-up has made, by two processes at once; take a copy of it (`copy_platform`).

    The name of its folder means something to some engine or other.
    """

    def set_up(folder: Path) -> None:
        (folder / ODD_NAME).mkdir(parents=True)
        set_up_twice_at_once(folder / ODD_NAME)

    return once(shared_folder / "prepared", set_up) / ODD_NAME


@pytest.fixture(scope="session")
def calm_night(shared_folder: Path, prepared_platform: Path) -> Path:
    """The small retailer's platform after a night that nothing disturbed, in a folder with an odd name."""

    def run(folder: Path) -> None:
        calm = copy_platform(prepared_platform, folder / ODD_NAME)
        drop_retailer(calm)
        run_nights(calm)

    return once(shared_folder / "nights", run) / ODD_NAME


def unavailable(reason: str) -> None:
    """Skip with one sentence; in CI everything must be there."""
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


def _postgres_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[dict[str, str]]:
    """A real PostgreSQL on a free port of 127.0.0.1, started for the tests and stopped after them.

    It refuses to run as root, so under root it runs as the user that Debian's package makes.
    """
    binaries = _postgres_binaries()
    if binaries is None:
        unavailable("PostgreSQL is not installed; `make setup` as root or with sudo installs it.")
    assert binaries is not None
    folder = Path(tempfile.mkdtemp(prefix="retail-postgres-"))
    options: dict[str, object] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        options = {"user": user.pw_uid, "group": user.pw_gid, "cwd": folder}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*command: object) -> None:
        subprocess.run([str(c) for c in command], check=True, capture_output=True, **options)  # ty: ignore[no-matching-overload]

    cluster = folder / "cluster"
    run(binaries / "initdb", "-D", cluster, "-U", "retail", "--auth=trust", "--no-sync")
    settings = (
        f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
    )
    run(binaries / "pg_ctl", "-D", cluster, "-o", settings, "-l", folder / "log", "-w", "start")
    try:
        yield {"host": "127.0.0.1", "port": str(port), "user": "retail"}
    finally:
        run(binaries / "pg_ctl", "-D", cluster, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database(
    postgres_server: dict[str, str], request: pytest.FixtureRequest
) -> Callable[[str], str]:
    """Makes a fresh database on the test server and gives its SQLAlchemy URL."""
    import psycopg2

    def make(purpose: str) -> str:
        name = f"{purpose}_{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]}"
        connection = psycopg2.connect(
            host=postgres_server["host"],
            port=postgres_server["port"],
            user=postgres_server["user"],
            dbname="postgres",
        )
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"drop database if exists {name}")
            cursor.execute(f"create database {name}")
        connection.close()
        return f"postgresql+psycopg2://{postgres_server['user']}@127.0.0.1:{postgres_server['port']}/{name}"

    return make


@pytest.fixture
def postgres_url(postgres_database: Callable[[str], str]) -> str:
    """A fresh database for the platform's own tables."""
    return postgres_database("platform")
