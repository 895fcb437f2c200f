"""The reading process: takes files over its standard input, one JSON line each, and answers in the same way.

It holds itself to a memory limit and ends with its parent, so that a file can at worst end this process.
`process` is its other side.
"""

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
from retail_assets.feeds.readers.trouble import machine_trouble, out_of_memory


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
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()
    # The interpreter's own end would run what the libraries have to say about it.
    os._exit(0)


def _answer(request: dict) -> dict:
    """Records, or why there are none; `worn_out` when this process should read no further file."""
    layout: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in request["layout"].items()}
    try:
        records = parse_file(
            Path(request["path"]),
            name=request["name"],
            layout=FileLayout(**layout),
            out=Path(request["out"]),
            limits=ReaderLimits(**request["limits"]),
        )
        return {"records": {**asdict(records), "path": str(records.path)}}
    except Unreadable as error:
        return {"unreadable": [error.reason, error.message]}
    except BaseException as error:
        # Everything that a parser may raise, panics of native code (no Exception) among them.
        cause = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        trouble = machine_trouble(error)
        if trouble is not None:
            return {"machine_trouble": [trouble, cause]}
        if out_of_memory(error):
            message = (
                "A table of bearable size was expected, but its content asks for more memory than a reader "
            )
            message += f"may have ({cause}); send it in parts, or as CSV."
            return {"unreadable": ["too_much_memory", message], "worn_out": True}
        message = f"A readable table was expected, but reading it failed ({cause}); export it anew."
        return {"unreadable": ["unreadable", message], "worn_out": not isinstance(error, Exception)}


def _end_with(parent: int) -> None:
    """End this process when its parent is gone, even in the middle of a file."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
