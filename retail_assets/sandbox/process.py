"""The parent's side of a child process that reads what comes from outside: started when it is needed, kept warm,
ended when it must be. `serving` is the child's side.

Parent and child talk in lines of JSON: whatever a hostile file makes of the child, all it can do is answer wrongly.
(A pool that passes results as pickles would let it run code here.)
"""

import atexit
import errno
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO, Any, Protocol, TypeVar

from retail_assets.config import REPOSITORY
from retail_assets.error_classification import MachineTrouble

Request = TypeVar("Request")
Answer = TypeVar("Answer")

MAX_ANSWER_BYTES = 2**26
"""The longest are about archives: ten thousand names."""
START_SECONDS = 120
"""What a child may take to be ready for its first request; on an idle machine it is a fraction of one."""
_LAST_WORDS_BYTES = 2_000

_PASSED_ON = re.compile(
    r"PATH|HOME|TMPDIR|TZ|LANG|LC_\w+|TESSDATA_PREFIX|PYTHON\w*|LD_LIBRARY_PATH|(POLARS|OMP|MKL|OPENBLAS|MALLOC)_\w+"
)
"""Variables that a child is given. It needs no others, and some hold passwords."""
_NO_ANSWER = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading an answer raises that is none."""


class ProcessLimits(Protocol):
    """What a child may take, and how long one request."""

    @property
    def memory_bytes(self) -> int: ...
    @property
    def file_bytes(self) -> int: ...
    @property
    def threads(self) -> int: ...
    @property
    def seconds(self) -> float: ...


class ChildDied(Exception):
    """The child ended in the middle of a request, or gave no answer that means anything; the text says how."""


class ChildTimeout(Exception):
    """The child took too long and was ended."""


class ChildProcess:
    """One child for many requests, one after the other; `module` is its side, which answers with `serve`."""

    def __init__(self, module: str) -> None:
        self._module = module
        self.forget()
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Know of no child: at first, and in a fork, where the child is somebody else's."""
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self._started_with: tuple[int, int, int] | None = None

    def ask(self, request: dict, limits: ProcessLimits, read: Callable[[dict[str, Any]], Answer]) -> Answer:
        """Send a request, wait for its answer and `read` it; see `answers`.

        A child that dies may have been dying of an earlier file: only when a new one dies too is it this one's
        doing. One that never was ready has seen no file: that is a MachineTrouble.
        """
        with self._lock:
            warm = self._is_warm(limits)
            try:
                return self._ask(request, limits, read)
            except ChildDied:
                if not warm:
                    raise
                return self._ask(request, limits, read)

    def close(self) -> None:
        with self._lock:
            self._end()

    def _ask(self, request: dict, limits: ProcessLimits, read: Callable[[dict[str, Any]], Answer]) -> Answer:
        if not self._is_warm(limits):
            self._end()
            self._start(limits)
        assert self._child is not None
        try:
            said = self._exchange(self._child, json.dumps(request).encode() + b"\n", limits.seconds)
        except BaseException:
            self._end()
            raise
        try:
            answer = json.loads(said)
            if answer.get("worn_out"):
                self._end()
            return read(answer)
        except _NO_ANSWER:
            self._end()
            raise ChildDied("its answer cannot be understood") from None

    def _is_warm(self, limits: ProcessLimits) -> bool:
        return (
            self._child is not None
            and self._child.poll() is None
            and self._started_with == (limits.memory_bytes, limits.file_bytes, limits.threads)
        )

    def _start(self, limits: ProcessLimits) -> None:
        """Start a child and wait until it is ready; raises MachineTrouble where the machine has none to give."""
        try:
            self._child = self._new_child(limits)
            self._line(self._child, START_SECONDS)
        except OSError as error:  # of processes there may be too many, and no folder for what it complains of
            raise MachineTrouble(error.errno, f"no child process can be started: {error.strerror}") from error
        except (ChildDied, ChildTimeout) as failure:
            self._end()
            how = str(failure) or f"not ready within {START_SECONDS} s"
            raise MachineTrouble(errno.ECHILD, f"a child process did not start: {how}") from failure
        self._started_with = (limits.memory_bytes, limits.file_bytes, limits.threads)

    def _new_child(self, limits: ProcessLimits) -> subprocess.Popen[bytes]:
        threads = str(limits.threads)
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the child)
        return subprocess.Popen(
            [sys.executable, "-m", self._module,
             str(os.getpid()), str(limits.memory_bytes), str(limits.file_bytes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints,
            # A session of its own: an interrupt at the keyboard is the parent's business.
            cwd=REPOSITORY, start_new_session=True,
            env={**_passed_on(), "POLARS_MAX_THREADS": threads, "OMP_NUM_THREADS": threads},
        )  # fmt: skip

    def _exchange(self, child: subprocess.Popen[bytes], request: bytes, seconds: float) -> bytes:
        assert child.stdin is not None
        deadline = time.monotonic() + seconds
        try:
            child.stdin.write(request)
            child.stdin.flush()
        except BrokenPipeError:
            raise ChildDied(self._last_words(child)) from None
        return self._line(child, deadline - time.monotonic())

    def _line(self, child: subprocess.Popen[bytes], seconds: float) -> bytes:
        """The next line that the child says."""
        assert child.stdout is not None
        deadline = time.monotonic() + seconds
        said = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while not said.endswith(b"\n"):
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    raise ChildTimeout
                piece = os.read(child.stdout.fileno(), 2**16)
                if not piece:
                    raise ChildDied(self._last_words(child))
                said += piece
                if len(said) > MAX_ANSWER_BYTES:
                    raise ChildDied(f"its answer is longer than {MAX_ANSWER_BYTES:,} bytes")
        return bytes(said)

    def _last_words(self, child: subprocess.Popen[bytes]) -> str:
        try:
            code = child.wait(10)
        except subprocess.TimeoutExpired:
            return "it closed its answers"
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        assert self._complaints is not None
        length = self._complaints.seek(0, os.SEEK_END)
        self._complaints.seek(max(0, length - _LAST_WORDS_BYTES))
        said = self._complaints.read().decode(errors="replace").strip().splitlines()
        return f"{how}: {said[0][:200]}" if said else how

    def _end(self) -> None:
        if self._child is None:
            return
        with suppress(ProcessLookupError):  # with the programs that it started, such as Tesseract
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout, self._complaints):
            if pipe is not None:
                # Half a request may still wait to be written to a child that is gone.
                with suppress(BrokenPipeError):
                    pipe.close()
        self._child = self._complaints = self._started_with = None


def _passed_on() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}


class ChildPool:
    """Several children of one kind, kept warm: starting one may take as long as a hundred requests."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._idle: list[ChildProcess] = []

    @contextmanager
    def borrow(self) -> Generator[ChildProcess]:
        """A child that nobody else has meanwhile."""
        try:
            child = self._idle.pop()
        except IndexError:
            child = ChildProcess(self._module)
        try:
            yield child
        finally:
            self._idle.append(child)

    def map(
        self, work: Callable[[ChildProcess, Request], Answer], requests: Sequence[Request], *, children: int
    ) -> Iterator[Answer]:
        """`work` done on each request with one of the children, in order."""

        def on_a_child(request: Request) -> Answer:
            with self.borrow() as child:
                return work(child, request)

        with ThreadPoolExecutor(children) as pool:
            yield from pool.map(on_a_child, requests)
