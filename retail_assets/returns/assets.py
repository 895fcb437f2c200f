"""Return cases become escalation risks. Wiring only."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from retail_assets.dagster_kit.wiring import (
    ONE_NIGHT_A_RUN,
    Night,
    check_result,
    partitions_of,
    pictures,
    table_spec,
    told,
)
from retail_assets.names import printable
from retail_assets.platform import Platform
from retail_assets.returns.flow import FLOW
from retail_assets.returns.tables import ESCALATION_SCORES, RETURN_CASE_FEATURES

CHECK = "the_champion_scored"


def definitions(platform: Platform) -> dg.Definitions:
    scores = table_spec(
        platform,
        FLOW,
        ESCALATION_SCORES,
        deps=[],
        kinds={"scikitlearn", "parquet"},
        more="A case is told anew when something happened to it, or its own row changed.",
    )
    features = table_spec(platform, FLOW, RETURN_CASE_FEATURES, deps=[], kinds={"polars", "parquet"})

    @dg.multi_asset(
        name=ESCALATION_SCORES.name,
        specs=[scores, features],
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
        can_subset=True,  # whichever is asked for, both are written: they are of one telling
        check_specs=[
            dg.AssetCheckSpec(
                CHECK, asset=scores.key, description="The champion told the risks of the night."
            )
        ],
    )
    @told(platform)
    def escalation_scores(context: dg.AssetExecutionContext) -> Iterator[Any]:
        from retail_assets.returns.previews import figures
        from retail_assets.returns.scoring import score_night, the_champion_scored

        night = Night(context, platform)
        report = score_night(platform, night=night.as_of, now=night.now)
        if report.scorer and report.scorer.why:
            context.log.warning(printable(f"The {report.scorer.source} model scored. {report.scorer.why}"))
        if scores.key in context.selected_asset_keys:
            yield dg.MaterializeResult(
                asset_key=scores.key,
                metadata={
                    "scored": report.scored,
                    "unchanged": report.unchanged,
                    **report.labels,
                    **pictures(figures(report.told)),
                },
                check_results=[
                    check_result(CHECK, the_champion_scored(report), severity=dg.AssetCheckSeverity.WARN)
                ],
            )
        if features.key in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=features.key, metadata={"cases": report.scored})

    return dg.Definitions(assets=[escalation_scores])
