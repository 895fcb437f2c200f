"""Return cases become escalation risks. Wiring only."""

import dagster as dg

from retail_assets.dagster_kit.wiring import (
    ONE_NIGHT_A_RUN,
    Night,
    check_result,
    partitions_of,
    table_spec,
    told,
)
from retail_assets.names import printable
from retail_assets.platform import Platform
from retail_assets.returns.flow import FLOW
from retail_assets.returns.tables import ESCALATION_SCORES

CHECK = "the_champion_scored"


def definitions(platform: Platform) -> dg.Definitions:
    spec = table_spec(
        platform,
        FLOW,
        ESCALATION_SCORES,
        deps=[],
        kinds={"scikitlearn", "parquet"},
        more="A case is told anew when something happened to it, or its own row changed.",
    )

    @dg.multi_asset(
        name=ESCALATION_SCORES.name,
        specs=[spec],
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
        check_specs=[
            dg.AssetCheckSpec(CHECK, asset=spec.key, description="The champion told the risks of the night.")
        ],
    )
    @told(platform)
    def escalation_scores(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retail_assets.returns.scoring import score_night, the_champion_scored

        night = Night(context, platform)
        report = score_night(platform, night=night.as_of, now=night.now)
        if report.scorer and report.scorer.why:
            context.log.warning(printable(f"The {report.scorer.source} model scored. {report.scorer.why}"))
        finding = the_champion_scored(report)
        return dg.MaterializeResult(
            metadata={"scored": report.scored, "unchanged": report.unchanged, **report.labels},
            check_results=[check_result(CHECK, finding, severity=dg.AssetCheckSeverity.WARN)],
        )

    return dg.Definitions(assets=[escalation_scores])
