"""`.venv/bin/python -m retail_assets.dev`: the UI behind its guard, and the daemon of schedules and sensors."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time

from retail_assets.config import REPOSITORY, Settings
from retail_assets.kit.terminal import Terminal

SECONDS_TO_END = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog=".venv/bin/python -m retail_assets.dev", description=__doc__)
    parser.add_argument("-p", "--port", type=int, default=3000, help="default: %(default)s")
    port = parser.parse_args().port
    terminal = Terminal()
    if _in_use(port):
        terminal.fail(f"Something answers on port {port} already. Take another one: make dev PORT={port + 1}")
        return 1
    os.environ["DAGSTER_HOME"] = str(Settings().dagster_home)
    # Children have neither handler, and take an interrupt as Python does even when this was started in the background.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    terminal.say(f"The UI is on http://127.0.0.1:{port} in some seconds; Ctrl-C ends it.")
    running = {
        "web server": _start(
            "retail_assets.web", "-h", "127.0.0.1", "-p", str(port), "--dagster-log-level", "warning"
        ),
        "daemon": _start("dagster._daemon", "run"),
    }
    try:
        while all(process.poll() is None for process in running.values()):
            time.sleep(0.5)
        ended = next(name for name, process in running.items() if process.poll() is not None)
        terminal.fail(f"The {ended} ended by itself; above it says why.")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        _end(*running.values())


def _in_use(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _start(module: str, *arguments: str) -> subprocess.Popen:
    quiet = ("--log-level", "warning", "--code-server-log-level", "warning")
    command = [sys.executable, "-m", module, *arguments, "-w", "workspace.yaml", *quiet]
    # A session of its own: Ctrl-C reaches it from here, once.
    return subprocess.Popen(command, cwd=REPOSITORY, start_new_session=True)


def _end(*processes: subprocess.Popen) -> None:
    for process in processes:
        process.send_signal(signal.SIGINT)
    for process in processes:
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()


if __name__ == "__main__":
    sys.exit(main())
