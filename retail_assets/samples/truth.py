"""What is true of the sample, kept where the platform does not look; and how much of it the platform found.

A flow's sample writer says what is true with `drops.keep_truth`; after a night the flow compares (`Flow.truth`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import polars as pl

from retail_assets.audiences import ANALYSTS, Audience
from retail_assets.lake import Lake
from retail_assets.platform import Platform, load

MISSES_NAMED = 3

Truth = Callable[[str], pl.DataFrame]
"""Name of a truth -> its rows, of all nights of the sample."""


@dataclass(frozen=True)
class TruthFound:
    """How much of something the platform found."""

    flow: str
    what: str
    true: int
    found: int
    missed: tuple[str, ...]
    """Names of the others, no more than MISSES_NAMED."""


def keep_truth(lake: Lake, name: str, stamp: str, rows: pl.DataFrame) -> None:
    """Write down what is true, by flow and thing (`refunds/photos`), for one night of the sample."""
    path = lake.sample_truth / name / f"{stamp}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(path)


class NoTruth(Exception):
    """The sample says nothing of this: it was written before the flow was there."""


def read_truth(lake: Lake, name: str) -> pl.DataFrame:
    """Raises NoTruth."""
    files = sorted((lake.sample_truth / name).glob("*.parquet"))
    if not files:
        raise NoTruth(name)
    return pl.read_parquet(files, glob=False)


def truth_found(platform: Platform) -> list[TruthFound]:
    """Of every flow of which the sample knows the truth, how much was found in what is published."""
    found = []
    for code in (flow.truth for flow in platform.flows if flow.truth):
        try:
            found += load(code)(platform, lambda name: read_truth(platform.lake, name))
        except NoTruth:
            continue
    return found


def compare(
    platform: Platform,
    flow: str,
    what: str,
    query: str,
    *,
    told: pl.DataFrame,
    audience: Audience = ANALYSTS,
) -> TruthFound:
    """`query` asks an audience's DuckDB file of each row of `told` its `name`, and whether it was `found`."""
    database = platform.lake.published.resolve() / audience.folder / audience.database
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.register("told", told.to_arrow())
        rows = connection.sql(query).pl()
    missed = rows.filter(~pl.col("found"))["name"].sort()
    return TruthFound(flow, what, rows.height, rows.height - len(missed), tuple(missed.head(MISSES_NAMED)))
