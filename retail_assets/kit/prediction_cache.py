"""Expensive answers about contents, kept by the hash of the bytes and the version of what answered: whatever a
model, an OCR engine or an extractor has said once is never asked again.

Under `lake/work/<name>/<version>/`:

    <night>/<first hash>.parquet    a finished batch of a night that is not finished
    <night>.parquet                 the answers that a finished night added
"""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from retail_assets.lake import Lake, put_in_place, scratch_folder

KEY = "sha256"


@dataclass(frozen=True)
class PredictionCache:
    """The answers of one version of what answers."""

    lake: Lake
    name: str
    version: str
    """A digest of all that decides the answer, so that the same model under another name is the same."""
    columns: tuple[str, ...]
    """Of an answer, besides the hash."""
    batch_size: int
    """Answers that are kept together: what a killed run repeats at most."""

    @property
    def folder(self) -> Path:
        return self.lake.work_folder(self.name) / self.version

    def answers(self, hashes: pl.Series) -> pl.DataFrame:
        """The answers that are known for some contents, one row per hash."""
        files = sorted(self.folder.rglob("*.parquet"))
        if not files:
            return pl.DataFrame(schema=dict.fromkeys([KEY, *self.columns], pl.String))
        known = pl.scan_parquet(files, glob=False).select(KEY, *self.columns)
        wanted = pl.LazyFrame({KEY: hashes.unique()})
        return known.join(wanted, on=KEY, how="semi").unique(KEY).collect(engine="streaming")

    def keep(self, night: date, frames: Iterable[pl.DataFrame]) -> Iterator[int]:
        """Make answers durable as they come, batch by batch; gives the number of answers of each batch."""
        waiting: list[pl.DataFrame] = []
        for frame in frames:
            waiting.append(frame.select(KEY, *self.columns))
            if sum(map(len, waiting)) >= self.batch_size:
                yield self._put(night, pl.concat(waiting))
                waiting = []
        if waiting:
            yield self._put(night, pl.concat(waiting))

    def _put(self, night: date, batch: pl.DataFrame) -> int:
        if batch.height:
            self._write(batch, self.folder / night.isoformat() / f"{batch[KEY][0]}.parquet")
        return batch.height

    def finish(self, night: date) -> None:
        """Put the batches of a night into one file: however often a day is added to, it stays one."""
        batches = self.folder / night.isoformat()
        files = sorted(batches.glob("*.parquet"))
        if not files:
            return
        target = self.folder / f"{night.isoformat()}.parquet"
        parts = [pl.read_parquet(file, glob=False) for file in ([target] if target.exists() else []) + files]
        # A run that was killed before it removed the batches has put them in before.
        self._write(pl.concat(parts).unique(KEY, keep="first", maintain_order=True), target)
        shutil.rmtree(batches)

    def _write(self, rows: pl.DataFrame, target: Path) -> None:
        with scratch_folder(self.lake) as scratch:
            rows.write_parquet(scratch / target.name)
            put_in_place(scratch / target.name, target)
