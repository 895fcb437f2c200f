"""One file to records, in the process that calls it. Hostile files may end that process: see `records`."""

import stat
from pathlib import Path

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.kinds import format_of
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet


def parse_file(path: Path, *, name: str, layout: FileLayout, out: Path, limits: ReaderLimits) -> RecordSet:
    """Find out the format and read it; libraries are loaded with the first file that needs them."""
    _check_size(path, limits)
    format = format_of(path, name=name, layout=layout)
    if format == "parquet":
        from retail_assets.feeds.readers.parquet import read_parquet

        return read_parquet(path, out=out, limits=limits)
    if format == "excel":
        from retail_assets.feeds.readers.excel import read_excel

        return read_excel(path, layout=layout, out=out, limits=limits)
    if format in ("json", "ndjson"):
        from retail_assets.feeds.readers import json_text

        read = json_text.read_json if format == "json" else json_text.read_ndjson
        return read(path, layout=layout, out=out, limits=limits)
    from retail_assets.feeds.readers.delimited import read_delimited

    return read_delimited(path, layout=layout, out=out, limits=limits, tabs=format == "tsv")


def _check_size(path: Path, limits: ReaderLimits) -> None:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable(
            "not_a_file", "A file was expected, but this is a folder, a pipe or a device; drop a file."
        )
    if found.st_size == 0:
        raise Unreadable("empty", "A table was expected, but the file is empty (0 bytes); send it again.")
    if found.st_size > limits.file_bytes:
        raise Unreadable(
            "too_large",
            f"A file of at most {limits.file_bytes:,} bytes was expected, but this one has {found.st_size:,}; "
            "send it in parts, or raise RETAIL_MAX_FILE_BYTES.",
        )
