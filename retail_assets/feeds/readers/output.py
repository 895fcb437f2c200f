"""Records on their way to disk: one Parquet file, written as the frames come."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from retail_assets.feeds.readers.columns import MALFORMED, PLACE, RECORD
from retail_assets.feeds.readers.records import RECORDS_FILE


@dataclass(frozen=True)
class Written:
    path: Path
    count: int


def write_frames(
    frames: Iterable[pl.DataFrame], *, columns: Sequence[str], out: Path, name: str = RECORDS_FILE
) -> Written:
    """Write text records; a frame without `_place` or `_malformed` has none."""
    schema = pl.Schema(
        {RECORD: pl.Int64, PLACE: pl.String, MALFORMED: pl.String, **dict.fromkeys(columns, pl.String)}
    )
    count = 0
    failure: list[BaseException] = []

    def source(*_) -> Iterator[pl.DataFrame]:
        nonlocal count
        try:
            for frame in frames:
                count += frame.height
                missing = [
                    pl.lit(None, pl.String).alias(c) for c in (PLACE, MALFORMED) if c not in frame.columns
                ]
                yield frame.with_columns(missing).select(schema.names())
        except BaseException as error:
            failure.append(error)
            raise

    path = out / name
    try:
        # A Python source under a streaming sink: parsing and compressing overlap, memory stays flat.
        register_io_source(source, schema=schema).sink_parquet(path, compression="lz4", statistics=False)
    except Exception:
        if failure:
            raise failure[0] from None
        raise
    return Written(path, count)
