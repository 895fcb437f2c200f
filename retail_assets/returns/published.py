"""What operations have of return cases: the published marts, as they see them."""

from pathlib import Path

from retail_assets.audiences import OPERATIONS
from retail_assets.lake import Lake


def published_files(lake: Lake, mart: str) -> list[Path]:
    """The Parquet files of a mart of operations in the current release; none before it was published."""
    return sorted((lake.published.resolve() / OPERATIONS.folder / "parquet" / mart).glob("*.parquet"))
