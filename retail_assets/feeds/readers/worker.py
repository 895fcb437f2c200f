"""The process that reads tables. `process` is its other side."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from retail_assets.error_classification import machine_trouble, out_of_memory
from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.parse import parse_file
from retail_assets.feeds.readers.records import ReaderLimits
from retail_assets.sandbox.serving import serve


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


if __name__ == "__main__":
    serve(_answer)
