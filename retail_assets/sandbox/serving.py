"""A child process that reads what comes from outside: it takes requests over its standard input, one JSON line each,
and answers in the same way.

It holds itself to a memory limit and ends with its parent, so that a file can at worst end this process.
"""

import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable

READY = "ready"
"""The first line that a child says: what happens before is no request's doing."""


def serve(answer: Callable[[dict], dict], *, reserved_bytes: int = 0) -> None:
    """Answer the parent's requests until it has no more, within the limits that it gives as arguments.

    `reserved_bytes` is address space that a library reserves and never fills: memory is limited all the same.
    """
    parent, memory_bytes, file_bytes = (int(argument) for argument in sys.argv[1:])
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    addresses = memory_bytes + reserved_bytes
    resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    print(READY, file=answers, flush=True)
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()
    # The interpreter's own end would run what the libraries have to say about it.
    os._exit(0)


def _end_with(parent: int) -> None:
    """End this process when its parent is gone, even in the middle of a file, with the programs that it started."""
    while os.getppid() == parent:
        time.sleep(0.5)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
