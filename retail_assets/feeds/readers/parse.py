"""One file to records, in the process that calls it. Hostile files may end that process: see `records`."""

import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import RECORD
from retail_assets.feeds.readers.kinds import TEXT_FORMATS, format_of
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.records import RECORDS_PER_FILE, ReaderLimits, RecordSet, TextGroup


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


def parse_together(
    files: Sequence[tuple[Path, str]], *, layout: FileLayout, out: Path, limits: ReaderLimits
) -> list[TextGroup]:
    """Small files of delimited text and their names; those with the same columns become one Parquet. Whatever else
    there is stands in no group."""
    import numpy as np
    import polars as pl

    from retail_assets.feeds.readers.delimited import open_delimited
    from retail_assets.feeds.readers.output import write_frames

    alike: dict[tuple[str, tuple[str, ...]], dict[int, pl.DataFrame]] = {}
    for number, (path, name) in enumerate(files):
        with suppress(Exception):  # read by itself it will say why
            _check_size(path, limits)
            format = format_of(path, name=name, layout=layout)
            if format in TEXT_FORMATS:
                table = open_delimited(path, layout=layout, limits=limits, tabs=format == "tsv")
                [frame] = table.frames
                if frame.is_empty() or table.text.could_be:  # which it tells by itself
                    continue
                alike.setdefault((format, tuple(table.columns)), {})[number] = frame
    groups = []
    for (format, columns), frames in alike.items():
        counts = [frame.height for frame in frames.values()]
        frame = pl.concat(frames.values())
        frame = frame.with_columns(pl.col(RECORD) + np.repeat([*frames], counts) * RECORDS_PER_FILE)
        written = write_frames([frame], columns=columns, out=out, name=f"{len(groups)}.parquet")
        groups.append(TextGroup(written.path, list(columns), format, list(frames), counts))
    return groups


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
