"""Servers for tests: real ones on loopback, each a process of its own; and a guard before one."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from retail_assets.config import REPOSITORY

SECONDS = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def server_process(
    *command: str | Path,
    answers: str | urllib.request.Request,
    folder: Path,
    env: Mapping[str, str],
    cwd: Path | None = None,
) -> Generator[subprocess.Popen]:
    """A server, once it answers at an address; killed at the end."""
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"} | dict(env),
            cwd=cwd or folder,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _wait_for(answers, server, log)
            yield server
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait_for(address: str | urllib.request.Request, server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=60):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"The server did not start: {log.read_text()}")


def mlflow_process(
    command: str, *, answers: str | urllib.request.Request, folder: Path, **env: str
) -> AbstractContextManager[subprocess.Popen]:
    """`mlflow COMMAND`, once it answers at an address; killed at the end."""
    mlflow = Path(sys.executable).parent / "mlflow"
    return server_process(mlflow, *command.split(), answers=answers, folder=folder, env=env)


@contextmanager
def mlflow_server(folder: Path, database: Path) -> Generator[str]:
    """The address of a tracking server with its own place for files."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = (
        f"server --backend-store-uri sqlite:///{database} --artifacts-destination {folder / 'artifacts'} "
        f"--serve-artifacts --workers 1 --host 127.0.0.1 -p {port}"
    )
    # Its own scheduler of jobs, which nobody here needs, takes twenty seconds to start.
    with mlflow_process(
        command, answers=f"{address}/health", folder=folder, MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false"
    ):
        yield address


@contextmanager
def web_server(folder: Path, **env: str) -> Generator[str]:
    """The address of the UI of the platform in a folder, without a daemon: what is launched waits in the queue."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    place = {"RETAIL_DATA_DIR": str(folder / "data"), "DAGSTER_HOME": str(folder / "dagster")}
    command = [sys.executable, "-m", "retail_assets.web", "-w", "workspace.yaml", "-p", str(port)]
    login = {env["RETAIL_LOGIN_HEADER"]: "nobody"} if "RETAIL_LOGIN_HEADER" in env else {}
    answers = urllib.request.Request(f"{address}/server_info", headers=login)
    with server_process(*command, answers=answers, folder=folder, cwd=REPOSITORY, env={**place, **env}):
        yield address


@contextmanager
def guard(address: str, authorization: str) -> Generator[str]:
    """The address of a proxy that lets through what carries this header, and answers 401 to all else."""

    class Guard(BaseHTTPRequestHandler):
        def _pass(self) -> None:
            if self.headers.get("Authorization") != authorization:
                self._answer(401, b"You must sign in.")
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = {
                k: v
                for k, v in self.headers.items()
                if k.lower() not in ("host", "accept-encoding", "connection")
            }
            request = urllib.request.Request(address + self.path, body or None, kept, method=self.command)
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    self._answer(answer.status, answer.read())
            except urllib.error.HTTPError as error:
                self._answer(error.code, error.read())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _pass

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Guard)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
