"""No mart vanishes unseen: what readers have is compared with what they would get."""

from collections.abc import Collection, Mapping

from retail_assets.platform import Platform
from retail_assets.warehouse.decisions import ACCEPT_FEWER_ROWS
from retail_assets.warehouse.errors import FewerRows
from retail_assets.warehouse.survey import SurveyedMart

SMALL = 20
"""A mart with fewer rows may lose any number of them, but not all."""


def require_rows(
    platform: Platform,
    published: Mapping[str, SurveyedMart],
    marts: Mapping[str, SurveyedMart],
    *,
    accepted: Collection[str],
) -> None:
    """Raise FewerRows where marts would lose more rows than they may; of those `accepted` nothing is asked.

    A mart that is not there has lost all; one that no flow has any more is none.
    """
    lost = []
    for mart in platform.marts.values():
        before = published[mart.name].rows if mart.name in published else 0
        after = marts[mart.name].rows if mart.name in marts else 0
        if mart.may_shrink or mart.name in accepted or not before:
            continue
        if not after or (before >= SMALL and after < before * (1 - platform.settings.mart_may_shrink)):
            lost.append(f"{mart.name} would have {after:,} rows and has {before:,}")
    if lost:
        raise FewerRows(
            "Nothing was published and readers keep the last release, because marts would lose more rows than they "
            f"may at once (RETAIL_MART_MAY_SHRINK): {'; '.join(lost)}. See in input_files what was withdrawn, and put "
            f"back what is missing; where it is meant, decide {ACCEPT_FEWER_ROWS} about each of these marts. Then run "
            "`make nightly`."
        )
