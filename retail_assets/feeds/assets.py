"""Feed assets: what was dropped becomes typed rows. Wiring only; admission does the work.

All feeds are one step, because files are admitted in one order and one file may fill several feeds.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from retail_assets.config import Settings
from retail_assets.feeds.admission import AdmissionReport, admit
from retail_assets.feeds.checked import record_checked, unchecked_contents
from retail_assets.feeds.checks import contract_violations
from retail_assets.feeds.contracts.base import Feed
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.feeds.reconcile import accounting, reconcile
from retail_assets.feeds.table_schema import table_schema
from retail_assets.partitions import night_of

GROUP = "feeds"
OWNERS = ["team:data"]
LEDGER = dg.AssetKey([GROUP, "ledger"])
"""What came in and what became of it: drops, their accounts, rejected rows, decisions."""
FINDINGS_NAMED = 100
"""A check's result is an event in Dagster's database; the others are counted."""


def feed_key(feed: str) -> dg.AssetKey:
    return dg.AssetKey([GROUP, feed])


def _spec(feed: Feed, freshness: dg.FreshnessPolicy) -> dg.AssetSpec:
    return dg.AssetSpec(
        feed_key(feed.name),
        description=f"{feed.description} Drop files into `{feed.folder}`; see docs/bring-a-source.md.",
        group_name=GROUP,
        kinds={"duckdb", "parquet"},
        owners=OWNERS,
        freshness_policy=freshness,
        skippable=True,
        metadata={"dagster/column_schema": table_schema(feed), "dagster/uri": f"lake/rows/{feed.name}"},
    )


def _ledger_spec(freshness: dg.FreshnessPolicy) -> dg.AssetSpec:
    return dg.AssetSpec(
        LEDGER,
        description="The ledger: every drop with its state, counts and reason; rejected rows; decisions.",
        group_name=GROUP,
        kinds={"sqlite", "parquet"},
        owners=OWNERS,
        freshness_policy=freshness,
    )


def _ledger_result(*, report: AdmissionReport, settings: Settings) -> dg.MaterializeResult:
    lost = [*reconcile(settings, night=report.as_of), *accounting(settings)]
    named = [f"{finding.place}: {finding.message}" for finding in lost[:FINDINGS_NAMED]]
    return dg.MaterializeResult(
        asset_key=LEDGER,
        metadata={"drops": report.drop_count, "log": dg.MetadataValue.md("\n\n".join(report.summary()))},
        check_results=[
            dg.AssetCheckResult(
                check_name="nothing_is_lost",
                asset_key=LEDGER,
                passed=not lost,
                metadata={"findings": named, "count": len(lost)},
            )
        ],
    )


def _check(feed: Feed) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        "contract",
        asset=feed_key(feed.name),
        blocking=True,
        description="Every row admitted since the last check fulfils the feed's contract, by a second engine.",
    )


def feed_assets(
    *, settings: Settings, partitions: dg.PartitionsDefinition, freshness: dg.FreshnessPolicy
) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="admission",
        specs=[*(_spec(feed, freshness) for feed in FEEDS.values()), _ledger_spec(freshness)],
        check_specs=[
            *(_check(feed) for feed in FEEDS.values()),
            dg.AssetCheckSpec(
                "nothing_is_lost",
                asset=LEDGER,
                description="Every file and every record that was seen is in a table, rejected with a reason, "
                "in quarantine, or still in the inbox.",
            ),
        ],
        partitions_def=partitions,
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.multi_run(1),
    )
    def admission(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        as_of = night_of(context, settings.zone)
        selected = [feed for feed in FEEDS.values() if feed_key(feed.name) in context.selected_asset_keys]
        report = admit(settings=settings, as_of=as_of, folders=[feed.folder for feed in selected])
        for line in report.summary():
            context.log.info(line)
        for feed in selected:
            yield _result(feed=feed, report=report, settings=settings, as_of=as_of)
        if LEDGER in context.selected_asset_keys:
            yield _ledger_result(report=report, settings=settings)

    return admission


def _result(*, feed: Feed, report: AdmissionReport, settings: Settings, as_of: date) -> dg.MaterializeResult:
    contents = unchecked_contents(settings, feed.name)
    violations = contract_violations(feed=feed, contents=contents, settings=settings)
    record_checked(settings, feed.name, [content for content in contents if content not in violations])
    return dg.MaterializeResult(
        asset_key=feed_key(feed.name),
        metadata={
            "night": as_of.isoformat(),
            "rows_admitted": report.rows_admitted(feed.name),
            "files": dg.MetadataValue.md(report.markdown(feed.folder)),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="contract",
                asset_key=feed_key(feed.name),
                passed=not violations,
                metadata={"contents_checked": len(contents), "broken_rules": violations},
                description=None
                if not violations
                else "Admission let rows through that break the contract. The marts are not built on them: "
                "withdraw the files named in `broken_rules`, and report this as a fault of the platform.",
            )
        ],
    )
