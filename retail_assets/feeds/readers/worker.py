"""The reading process: takes files over its standard input, one JSON line each, and answers in the same way.

It holds itself to a memory limit and ends with its parent, so that a file can at worst end this process.
`process` is its other side.
"""

import errno
import json
import os
import resource
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from retail_assets.feeds.errors import Unreadable
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.parse import parse_file
from retail_assets.feeds.readers.records import ReaderLimits

_FULL = {errno.ENOSPC: "No space left on device", errno.EDQUOT: "Disk quota exceeded"}


def main() -> None:
    parent, memory_bytes, file_bytes = (int(argument) for argument in sys.argv[1:])
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        answer, healthy = _answer(json.loads(line))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        if not healthy:
            break
    # The interpreter's own end would run what the libraries have to say about it.
    os._exit(0)


def _answer(request: dict) -> tuple[dict, bool]:
    """The answer, and whether this process is fit to read another file."""
    layout: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in request["layout"].items()}
    try:
        records = parse_file(
            Path(request["path"]),
            name=request["name"],
            layout=FileLayout(**layout),
            out=Path(request["out"]),
            limits=ReaderLimits(**request["limits"]),
        )
        return {"records": {**asdict(records), "path": str(records.path)}}, True
    except Unreadable as error:
        return {"unreadable": [error.reason, error.message]}, True
    except BaseException as error:
        # Among them: out of memory, panics of native code (no Exception), and every parser's own errors.
        code = error.errno if isinstance(error, OSError) else None
        full = next((n for n, text in _FULL.items() if n == code or text in str(error)), None)
        if full is not None:
            return {"disk_full": [full, str(error)]}, True
        if isinstance(error, MemoryError) or "memory" in str(error).lower():
            message = "its content asks for more memory than a reader may have; send it in parts, or as CSV."
            return {
                "unreadable": ["too_much_memory", f"A table of bearable size was expected, but {message}"]
            }, False
        cause = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        message = f"A readable table was expected, but reading it failed ({cause}); export it anew."
        return {"unreadable": ["unreadable", message]}, False


def _end_with(parent: int) -> None:
    """End this process when its parent is gone, even in the middle of a file."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
