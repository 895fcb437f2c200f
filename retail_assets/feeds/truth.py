"""Does every file that was spoilt on purpose end where it should?"""

from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, ask_published


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Files that must be refused, taken for duplicates or withdrawn."""
    files = truth("intake/files")
    found = ask_published(
        platform,
        "select count(*) from files inner join input_files as known "
        "on files.folder = known.folder and files.name = known.name and files.state = known.state",
        files=files,
    )
    return [TruthFound("intake", "spoilt files that end where they should", files.height, found.item())]
