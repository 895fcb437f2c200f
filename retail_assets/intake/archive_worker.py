"""The process that unpacks archives. `archives` is its other side."""

import gzip
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from retail_assets.error_classification import machine_trouble, out_of_memory
from retail_assets.errors import Unreadable
from retail_assets.sandbox.serving import serve

CHUNK = 1 << 20
LONGEST_NAME = 500
_BROKEN = (zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, NotImplementedError, ValueError)
_LEFT_OUT = {"__MACOSX": "system_file", "Thumbs.db": "system_file", "desktop.ini": "system_file"}


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Budget:
    """What all parts together may still unpack to; those of the archives around it count."""

    def __init__(self, max_bytes: int, before: int) -> None:
        self.max_bytes, self.left = max_bytes, max_bytes - before

    def copy(self, source: _Readable, target: Path) -> None:
        with target.open("wb") as handle:
            while chunk := source.read(CHUNK):
                self.left -= len(chunk)
                if self.left < 0:
                    raise Unreadable(
                        "too_large",
                        f"It unpacks to more than the {self.max_bytes:,} bytes that are allowed "
                        "(RETAIL_ARCHIVE_MAX_BYTES). Send it in parts, or raise the limit and release it.",
                    )
                handle.write(chunk)


def _answer(request: dict) -> dict:
    """Parts with where they lie, and what else was in it; or why it cannot be unpacked."""
    path, out = Path(request["path"]), Path(request["out"])
    budget = _Budget(request["max_bytes"], request["bytes_before"])
    try:
        with path.open("rb") as handle:
            start = handle.read(4)
        if start.startswith(b"\x1f\x8b"):
            return _gzip(path, request, out, budget)
        if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return _zip(path, request, out, budget)
        raise Unreadable(
            "not_an_archive",
            f"Its name says that it is an archive, but it begins with {start!r}: give it the ending of what it is.",
        )
    except Unreadable as error:
        return {"unreadable": [error.reason, error.message]}
    except BaseException as error:
        trouble = machine_trouble(error)
        if trouble is not None:
            return {"machine_trouble": [trouble, str(error)]}
        if out_of_memory(error):
            return {
                "unreadable": ["too_much_memory", "Unpacking it takes more memory than it may."],
                "worn_out": True,
            }
        cause = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        message = f"An archive was expected, but unpacking it failed ({cause}); pack it anew."
        known = isinstance(error, _BROKEN)
        return {"unreadable": ["broken_archive", message], "worn_out": not known}


def _gzip(path: Path, request: dict, out: Path, budget: _Budget) -> dict:
    """One file, called like the archive without its ending."""
    name = PurePosixPath(request["name"]).name
    inner = name[: name.rindex(".")]
    with gzip.open(path) as source:
        budget.copy(source, out / "0")
    with (out / "0").open("rb") as handle:
        handle.seek(257)
        if handle.read(5) == b"ustar":
            raise Unreadable(
                "not_an_archive",
                "This is a tar archive in a gzip file; only .zip and .gz with one file are unpacked. Pack it as .zip.",
            )
    part = {"name": inner, "path": str(out / "0"), "modified_ns": request["modified_ns"]}
    return {"parts": [part], "records": 1, "by_rule": {}, "refused": []}


def _zip(path: Path, request: dict, out: Path, budget: _Budget) -> dict:
    parts: list[dict[str, Any]] = []
    by_rule: Counter[str] = Counter()
    refused = []
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if request["parts_before"] + len(entries) > request["max_parts"]:
            raise Unreadable(
                "too_many_files",
                f"With its {len(entries):,} files more than the {request['max_parts']:,} come in one archive that are "
                "allowed (RETAIL_ARCHIVE_MAX_PARTS). Send it in parts.",
            )
        for number, entry in enumerate(_files(entries)):
            end, rule = _refusal(entry)
            if end:
                by_rule[f"{end}/{rule}"] += 1
                if end == "rejected":
                    refused.append([number + 1, rule, entry.filename[:LONGEST_NAME]])
                continue
            target = out / str(number)
            with archive.open(entry) as source:
                budget.copy(source, target)
            parts.append({"name": entry.filename, "path": str(target), "modified_ns": _time(entry, request)})
    records = len(parts) + by_rule.total()
    if not records:
        raise Unreadable("empty_archive", "There is no file in it.")
    return {"parts": parts, "records": records, "by_rule": dict(by_rule), "refused": refused}


def _files(entries: list[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
    return (entry for entry in entries if not entry.filename.endswith("/"))


def _refusal(entry: zipfile.ZipInfo) -> tuple[str | None, str]:
    """How an entry ends that does not become a drop, and by which rule."""
    path = PurePosixPath(entry.filename)
    if not path.name or len(entry.filename) > LONGEST_NAME:
        return "rejected", "unsafe_name"
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
        return "rejected", "unsafe_name"
    for name in path.parts:
        if name in _LEFT_OUT:
            return "left_out", _LEFT_OUT[name]
        if name.startswith("."):
            return "left_out", "hidden"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "rejected", "not_a_file"
    if entry.flag_bits & 0x1:
        return "rejected", "encrypted"
    return None, ""


def _time(entry: zipfile.ZipInfo, request: dict) -> int:
    """When a file was last changed, as the archive says, which knows no zone; else when the archive was."""
    try:
        return int(datetime(*entry.date_time, tzinfo=UTC).timestamp() * 1e9)
    except ValueError:
        return request["modified_ns"]


if __name__ == "__main__":
    serve(_answer)
