"""Does every file that was spoilt on purpose end where it should?"""

from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, compare
from retail_assets.sql import parquet


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Files that must be refused, taken for duplicates or withdrawn, by the names that the ledger has."""
    drops = parquet(platform.lake.ledger / "drops.parquet")
    query = f"""
        select
            told.name,
            exists (
                from input_files as known join {drops} as taken using (sequence)
                where taken.folder = told.folder and taken.name = told.name and known.state = told.state
            ) as found
        from told
    """
    what = "spoilt files that end where they should"
    return [compare(platform, "intake", what, query, told=truth("intake/files"))]
