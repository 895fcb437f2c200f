"""The process that unpacks archives. `archives` is its other side."""

import gzip
import os
import stat
import struct
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from retail_assets.errors import Unreadable
from retail_assets.intake.settling import DONE
from retail_assets.names import printable
from retail_assets.sandbox.answers import answer_with
from retail_assets.sandbox.serving import serve

CHUNK = 1 << 20
LONGEST_NAME = 500
TOO_LARGE = "Unpacking it takes more memory or disk than it may."
FAILED = Unreadable(
    "broken_archive", "An archive was expected, but unpacking it failed ({cause}); pack it anew."
)
_LEFT_OUT = {"__MACOSX": "system_file", "Thumbs.db": "system_file", "desktop.ini": "system_file"}

_HEADER = slice(26, 30)
"""Where the header of a file in an archive says how long the name and the extra fields behind it are."""
_DESCRIPTORS = (0, 12, 16, 20, 24)
"""Bytes that may stand behind a file whose size was not known when its header was written."""
_END_BYTES = 22
"""Length of the record that ends an archive, without its comment."""


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
    """The parts, which lie in `out` under their place in this list, and what else was in the archive."""
    return answer_with(lambda: _unpacked(request), too_large=TOO_LARGE, failed=FAILED)


def _unpacked(request: dict) -> dict:
    path, out = Path(request["path"]), Path(request["out"])
    budget = _Budget(request["max_bytes"], request["bytes_before"])
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
    return {"parts": [(inner, request["modified_ns"])], "by_rule": {}, "refused": []}


def _zip(path: Path, request: dict, out: Path, budget: _Budget) -> dict:
    parts: list[tuple[str, int]] = []
    by_rule: Counter[str] = Counter()
    refused = []
    with path.open("rb") as handle, zipfile.ZipFile(handle) as archive:
        entries = archive.infolist()
        if request["parts_before"] + len(entries) > request["max_parts"]:
            raise Unreadable(
                "too_many_files",
                f"With its {len(entries):,} files more than the {request['max_parts']:,} come in one archive that are "
                "allowed (RETAIL_ARCHIVE_MAX_PARTS). Send it in parts.",
            )
        _require_whole(handle, archive)
        for number, entry in enumerate(_files(entries), start=1):
            end, rule = _refusal(entry)
            if end:
                by_rule[f"{end}/{rule}"] += 1
                if end == "rejected":
                    refused.append((number, rule, entry.filename[:LONGEST_NAME]))
                continue
            with archive.open(entry) as source:
                budget.copy(source, out / str(len(parts)))
            parts.append((entry.filename, _time(entry, request)))
    if not parts and not by_rule:
        raise Unreadable("empty_archive", "There is no file in it.")
    return {"parts": parts, "by_rule": dict(by_rule), "refused": refused}


def _require_whole(handle: BinaryIO, archive: zipfile.ZipFile) -> None:
    """Refuse bytes that belong to no file of the archive's directory, which of two archives that were joined lists
    the files of the second alone."""
    end, between = 0, (0,)
    for entry in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
        if entry.header_offset - end not in between:
            raise _not_whole(f"before {printable(entry.filename[:LONGEST_NAME])}")
        handle.seek(entry.header_offset + _HEADER.start)
        name_length, extra_length = struct.unpack("<HH", handle.read(4))
        end = entry.header_offset + _HEADER.stop + name_length + extra_length + entry.compress_size
        between = _DESCRIPTORS if entry.flag_bits & 0x8 else (0,)
    if archive.start_dir - end not in between:
        raise _not_whole("behind its last file")
    handle.seek(-_END_BYTES - len(archive.comment), os.SEEK_END)
    if handle.read(4) != b"PK\x05\x06":
        raise _not_whole("behind its end")


def _not_whole(where: str) -> Unreadable:
    return Unreadable(
        "unlisted_bytes",
        f"There is something {where} that its list of files does not know, as in two archives that were joined, one "
        "that unpacks itself, or a damaged one. Pack the files anew into one archive.",
    )


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
    if path.name.lower().endswith(DONE):
        return "left_out", "marker"
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
