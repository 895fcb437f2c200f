"""Scores a night's photos in a process of its own, and may kill it: `python -m tests.faults.refund_driver`.

Arguments: the data folder, and after how many photos the process is killed (0: never). Prints what was scored.
"""

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from retail_assets.lake import Lake
from retail_assets.refunds import predictions
from retail_assets.refunds.predictions import predict_photos
from tests.refund_photos import NIGHT, FakeModel

predictions.BATCH_PHOTOS = 4


@dataclass
class DyingModel(FakeModel):
    killed_after: int = 0

    def score(self, paths: Iterable[Path]) -> Iterator[pl.DataFrame]:
        for frame in super().score(paths):
            yield frame
            if self.killed_after and len(self.seen) >= self.killed_after:
                os.kill(os.getpid(), signal.SIGKILL)


def main(data_dir: str, killed_after: str) -> None:
    model = DyingModel(killed_after=int(killed_after))
    predict_photos(lake=Lake(Path(data_dir)), as_of=NIGHT, resolve=model.resolve)
    print(len(model.seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
