"""What operations have of return cases: the published marts, as they see them."""

import polars as pl

from retail_assets.audiences import OPERATIONS
from retail_assets.lake import Lake


def published(lake: Lake, mart: str) -> pl.LazyFrame | None:
    """A mart of operations in the current release; None before it was published."""
    files = sorted((lake.published.resolve() / OPERATIONS.folder / "parquet" / mart).glob("*.parquet"))
    return pl.scan_parquet(files, glob=False) if files else None
