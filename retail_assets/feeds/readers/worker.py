"""The process that reads tables. `records` is its other side."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.parse import parse_file, parse_together
from retail_assets.feeds.readers.records import ReaderLimits
from retail_assets.sandbox.answers import answer_with
from retail_assets.sandbox.serving import serve

TOO_LARGE = (
    "A table of bearable size was expected, but its content asks for more memory or disk than a reader may have "
    "({cause}); send it in parts, or as CSV."
)
FAILED = Unreadable(
    "unreadable", "A readable table was expected, but reading it failed ({cause}); export it anew."
)


def _answer(request: dict) -> dict:
    """What the records are, without where they lie."""
    find = _groups if "files" in request else _records
    return answer_with(lambda: find(request), too_large=TOO_LARGE, failed=FAILED)


def _records(request: dict) -> dict:
    records = parse_file(Path(request["path"]), name=request["name"], **_given(request))
    return {name: value for name, value in asdict(records).items() if name != "path"}


def _groups(request: dict) -> dict:
    files = [(Path(path), name) for path, name in request["files"]]
    groups = parse_together(files, **_given(request))
    return {"groups": [asdict(group) | {"path": group.path.name} for group in groups]}


def _given(request: dict) -> dict[str, Any]:
    layout: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in request["layout"].items()}
    return {
        "layout": FileLayout(**layout),
        "out": Path(request["out"]),
        "limits": ReaderLimits(**request["limits"]),
    }


if __name__ == "__main__":
    serve(_answer)
