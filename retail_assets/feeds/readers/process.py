"""The parent's side of the reading process: started when it is needed, kept warm, ended when it must be."""

import atexit
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO

from retail_assets.config import REPOSITORY
from retail_assets.feeds.readers.records import ReaderLimits


class ReaderDied(Exception):
    """The reading process ended in the middle of a file; the text says how."""


class ReaderTimeout(Exception):
    """The reading process took too long and was ended."""


class ReadingProcess:
    """One child for many files, one after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self._started_as: tuple[int, ReaderLimits] | None = None

    def ask(self, request: dict, limits: ReaderLimits) -> dict:
        """Send a request and wait for its answer."""
        with self._lock:
            child = self._running(limits)
            try:
                return self._exchange(child, json.dumps(request).encode() + b"\n", limits.seconds)
            except BaseException:
                self._end()
                raise

    def close(self) -> None:
        with self._lock:
            self._end()

    def _running(self, limits: ReaderLimits) -> subprocess.Popen[bytes]:
        wanted = (os.getpid(), limits)
        if self._child is not None and (self._started_as != wanted or self._child.poll() is not None):
            # After a fork the child belongs to somebody else: it is forgotten, not ended.
            self._end() if self._started_as and self._started_as[0] == os.getpid() else self._forget()
        if self._child is None:
            self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the child)
            threads = str(limits.threads)
            self._child = subprocess.Popen(
                [sys.executable, "-m", "retail_assets.feeds.readers.worker",
                 str(os.getpid()), str(limits.memory_bytes), str(limits.file_bytes)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints,
                # A session of its own: an interrupt at the keyboard is the parent's business.
                cwd=REPOSITORY, start_new_session=True,
                env={**os.environ, "POLARS_MAX_THREADS": threads, "OMP_NUM_THREADS": threads},
            )  # fmt: skip
            self._started_as = wanted
        return self._child

    def _exchange(self, child: subprocess.Popen[bytes], request: bytes, seconds: float) -> dict:
        assert child.stdin is not None and child.stdout is not None
        deadline = time.monotonic() + seconds
        try:
            child.stdin.write(request)
            child.stdin.flush()
        except BrokenPipeError:
            raise ReaderDied(self._last_words(child)) from None
        answer = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while not answer.endswith(b"\n"):
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    raise ReaderTimeout
                piece = os.read(child.stdout.fileno(), 2**16)
                if not piece:
                    raise ReaderDied(self._last_words(child))
                answer += piece
        return json.loads(answer)

    def _last_words(self, child: subprocess.Popen[bytes]) -> str:
        code = child.wait(10)
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        assert self._complaints is not None
        self._complaints.seek(0)
        said = self._complaints.read()[-2000:].decode(errors="replace").strip().splitlines()
        return f"{how}: {said[0][:200]}" if said else how

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self._forget()

    def _forget(self) -> None:
        if self._child is not None:
            for pipe in (self._child.stdin, self._child.stdout, self._complaints):
                if pipe is not None:
                    pipe.close()
        self._child = self._complaints = self._started_as = None


READING_PROCESS = ReadingProcess()
atexit.register(READING_PROCESS.close)
