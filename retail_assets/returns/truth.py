"""Does operations' queue know of the sample's return cases what happened to them?"""

import polars as pl

from retail_assets.audiences import OPERATIONS
from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, compare


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Cases that stand where they should, and what merchants tried that is none of their business."""
    log = truth("returns/log").sort("at")
    stands = """
        select
            told.case_id as name,
            exists (
                from return_cases as one where one.case_id = told.case_id and one.status = told.status
            ) as found
        from told
    """
    refused = """
        select
            told.event_id as name,
            exists (
                from return_audit_trail as entry
                where entry.entry_id = told.event_id and entry.broken_rule = 'role_may_not'
            ) as found
        from told
    """
    asked = (
        (
            "return cases, status right",
            stands,
            log.filter(~pl.col("is_mistake")).unique("case_id", keep="last"),
        ),
        ("changes by merchants, refused", refused, log.filter(pl.col("is_mistake"))),
    )
    return [
        compare(platform, "returns", what, query, told=told, audience=OPERATIONS)
        for what, query, told in asked
    ]
