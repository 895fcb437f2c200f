"""What a model has answered about photos, by the hash of their bytes: nothing is ever scored twice.

Under `lake/work/refund_predictions/<digest of the model>/`:

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

WORK = "refund_predictions"
BATCH_PHOTOS: int = 2_048
"""Photos whose answers are kept together: what a killed run repeats at most, some seconds of work."""

ANSWER = ["sha256", "predicted_class", "confidence", "top_k", "entropy", "needs_review", "error"]


@dataclass(frozen=True)
class ScoredPhotos:
    """The answers of one model."""

    lake: Lake
    digest: str
    """Of all that decides what the model answers, so that the same model under another name is the same."""

    @property
    def folder(self) -> Path:
        return self.lake.work_folder(WORK) / self.digest

    def answers(self, hashes: pl.Series) -> pl.DataFrame:
        """The answers that are known for some photos, one row per hash."""
        if not any(self.folder.rglob("*.parquet")):
            return pl.DataFrame(schema=dict.fromkeys(ANSWER, pl.String))
        known = pl.scan_parquet(self.folder / "**" / "*.parquet").select(ANSWER)
        wanted = pl.LazyFrame({"sha256": hashes.unique()})
        return known.join(wanted, on="sha256", how="semi").unique("sha256").collect(engine="streaming")

    def keep(self, night: date, frames: Iterable[pl.DataFrame]) -> Iterator[int]:
        """Make answers durable as they come, batch by batch; gives the number of photos of each batch."""
        waiting: list[pl.DataFrame] = []
        for frame in frames:
            waiting.append(frame.select(ANSWER))
            if sum(map(len, waiting)) >= BATCH_PHOTOS:
                yield self._put(night, pl.concat(waiting))
                waiting = []
        if waiting:
            yield self._put(night, pl.concat(waiting))

    def _put(self, night: date, batch: pl.DataFrame) -> int:
        if batch.height:
            self._write(batch, self.folder / night.isoformat() / f"{batch['sha256'][0]}.parquet")
        return batch.height

    def finish(self, night: date) -> None:
        """Put the batches of a night into one file: however often a day is added to, it stays one."""
        batches = self.folder / night.isoformat()
        files = sorted(batches.glob("*.parquet"))
        if not files:
            return
        target = self.folder / f"{night.isoformat()}.parquet"
        parts = [pl.read_parquet(file) for file in ([target] if target.exists() else []) + files]
        # A run that was killed before it removed the batches has put them in before.
        self._write(pl.concat(parts).unique("sha256", keep="first", maintain_order=True), target)
        shutil.rmtree(batches)

    def _write(self, rows: pl.DataFrame, target: Path) -> None:
        with scratch_folder(self.lake) as scratch:
            rows.write_parquet(scratch / target.name)
            put_in_place(scratch / target.name, target)
