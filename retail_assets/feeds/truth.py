"""Does every file that was spoilt on purpose end where it should?"""

from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, compare


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Files that must be refused, taken for duplicates or withdrawn."""
    query = """
        select
            told.name,
            exists (
                from input_files as known
                where known.folder = told.folder and known.name = told.name and known.state = told.state
            ) as found
        from told
    """
    what = "spoilt files that end where they should"
    return [compare(platform, "intake", what, query, told=truth("intake/files"))]
