"""Records on their way to disk: one Parquet file, written as the frames come."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from retail_assets.feeds.readers.columns import CELLS, MALFORMED, PLACE, RECORD
from retail_assets.feeds.readers.records import RECORDS_FILE


@dataclass(frozen=True)
class Written:
    path: Path
    count: int


def only(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Columns of a frame by their names as they are: polars' `select` takes `*` and `^…$` for patterns."""
    return pl.DataFrame([frame.get_column(name) for name in names])


def write_frames(
    frames: Iterable[pl.DataFrame],
    *,
    columns: Sequence[str],
    out: Path,
    name: str = RECORDS_FILE,
    cells: bool = False,
) -> Written:
    """Write text records; a frame without `_place` or `_malformed` has none. With `cells` they say what theirs are."""
    own = {RECORD: pl.Int64, PLACE: pl.String, MALFORMED: pl.String} | ({CELLS: pl.String} if cells else {})
    schema = pl.Schema({**own, **dict.fromkeys(columns, pl.String)})

    def shaped(frame: pl.DataFrame) -> pl.DataFrame:
        # Series by series: a query over the frame would take longer than the frame of a small file.
        nothing = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
        return pl.DataFrame({name: frame[name] if name in frame.columns else nothing for name in schema})

    path, frames = out / name, iter(frames)
    first = list(islice(frames, 2))
    if len(first) < 2:  # a small file: there is nothing to overlap, and a stream takes longer than its row
        whole = shaped(first[0]) if first else schema.to_frame()
        whole.write_parquet(path, compression="lz4", statistics=False)
        return Written(path, whole.height)
    count = 0
    failure: list[BaseException] = []

    def source(*_) -> Iterator[pl.DataFrame]:
        nonlocal count
        try:
            for frame in chain(first, frames):
                count += frame.height
                yield shaped(frame)
        except BaseException as error:
            failure.append(error)
            raise

    try:
        # A Python source under a streaming sink: parsing and compressing overlap, memory stays flat.
        register_io_source(source, schema=schema).sink_parquet(path, compression="lz4", statistics=False)
    except Exception:
        if failure:
            raise failure[0] from None
        raise
    return Written(path, count)
