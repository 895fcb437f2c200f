"""What each source sends, counted and compared with what it usually sends. Wiring only."""

import dagster as dg

from retail_assets.dagster_kit.wiring import (
    LEDGER,
    ONE_NIGHT_A_RUN,
    Night,
    check_result,
    feed_key,
    partitions_of,
    table_spec,
    told,
)
from retail_assets.platform import Platform
from retail_assets.source_health.flow import FLOW
from retail_assets.source_health.tables import FILE_PROFILES


def definitions(platform: Platform) -> dg.Definitions:
    feeds = list(platform.feeds)
    profiles = table_spec(
        platform,
        FLOW,
        FILE_PROFILES,
        deps=[LEDGER, *map(feed_key, feeds)],
        kinds={"duckdb", "parquet"},
        more="A check per feed compares each of its sources with what that source usually sends.",
    )

    @dg.multi_asset(
        name=FILE_PROFILES.name,
        specs=[profiles],
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
        check_specs=[
            dg.AssetCheckSpec(
                _check(feed),
                asset=profiles.key,
                description=f"Each source of {feed} sends the columns, words, shares of nulls and rejects, rows "
                "and days that it usually sends.",
            )
            for feed in feeds
        ],
    )
    @told(platform)
    def file_profiles(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retail_assets.source_health.as_usual import as_usual_findings
        from retail_assets.source_health.profiles import profile_new_files

        night = Night(context, platform)
        counted = profile_new_files(platform, night.as_of)
        findings = as_usual_findings(platform, night.as_of, night.now)
        return dg.MaterializeResult(
            metadata={"files_counted": counted},
            check_results=[
                check_result(_check(feed), finding, severity=dg.AssetCheckSeverity.WARN)
                for feed, finding in findings.items()
            ],
        )

    return dg.Definitions(assets=[file_profiles])


def _check(feed: str) -> str:
    return f"{feed}_as_usual"
