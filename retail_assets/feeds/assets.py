"""Feed assets: what was dropped becomes typed rows. Wiring only; admission does the work.

All feeds are one step, because files are admitted in one order and one file may fill several feeds.
"""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from retail_assets.contract import Feed
from retail_assets.dagster_kit.table_schema import feed_schema
from retail_assets.dagster_kit.wiring import (
    FINDINGS_NAMED,
    FOLDERS_TAG,
    FRESH,
    LEDGER,
    ONE_NIGHT_A_RUN,
    Night,
    check_result,
    feed_key,
    owners_of,
    partitions_of,
    rows_table,
    told,
)
from retail_assets.feeds.flow import FLOW
from retail_assets.kit.findings import Finding
from retail_assets.platform import Platform

if TYPE_CHECKING:
    from retail_assets.intake.handlers import Handlers
    from retail_assets.intake.report import AdmissionReport

WARN = dg.AssetCheckSeverity.WARN


def definitions(platform: Platform) -> dg.Definitions:
    feeds = list(platform.feeds.values())

    @dg.multi_asset(
        name="admission",
        specs=[*(_spec(platform, feed) for feed in feeds), _ledger_spec(platform)],
        check_specs=[*(spec for feed in feeds for spec in _feed_checks(feed)), *_ledger_checks()],
        partitions_def=partitions_of(platform),
        can_subset=True,
        backfill_policy=ONE_NIGHT_A_RUN,
    )
    @told(platform)
    def admission(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        from retail_assets.intake.admission import admit

        as_of = Night(context, platform).as_of
        selected = [feed for feed in feeds if feed_key(feed.name) in context.selected_asset_keys]
        handlers = platform.handlers()
        report = admit(
            settings=platform.settings,
            handlers=handlers,
            as_of=as_of,
            folders=_folders(context, handlers, selected, whole=len(selected) == len(feeds)),
        )
        for line in report.summary():
            context.log.info(line)
        yield from _feed_results(platform, selected, report, as_of)
        if LEDGER in context.selected_asset_keys:
            yield _ledger_result(platform, handlers, report)

    return dg.Definitions(assets=[admission])


def _folders(
    context: dg.AssetExecutionContext, handlers: "Handlers", selected: list[Feed], *, whole: bool
) -> list[str] | None:
    """The inbox folders that a run takes from: all of them at night, else those of what started it."""
    if whole:
        return None
    dropped = context.run.tags.get(FOLDERS_TAG, "")
    return [*(feed.folder for feed in selected), *(f for f in dropped.split(",") if f in handlers.inboxes)]


def _spec(platform: Platform, feed: Feed) -> dg.AssetSpec:
    flow = platform.flow_of_feed(feed.name)
    return dg.AssetSpec(
        feed_key(feed.name),
        description=f"{feed.description} Drop files into `data/inbox/{feed.inbox}`; see docs/bring-a-source.md.",
        group_name=flow.name,
        kinds={"duckdb", "parquet"},
        owners=owners_of(platform, flow.name),
        freshness_policy=FRESH,
        metadata={"dagster/column_schema": feed_schema(feed), "dagster/uri": f"lake/rows/{feed.name}"},
        tags={"layer": "feed", "domain": flow.name},
    )


def _ledger_spec(platform: Platform) -> dg.AssetSpec:
    return dg.AssetSpec(
        LEDGER,
        description="The ledger: every drop with its state, counts and reason; rejected rows; decisions.",
        group_name=FLOW.name,
        kinds={"sqlite", "parquet"},
        owners=owners_of(platform, FLOW.name),
        freshness_policy=FRESH,
        tags={"layer": "feed", "domain": FLOW.name},
    )


def _feed_checks(feed: Feed) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            "contract",
            asset=feed_key(feed.name),
            blocking=True,
            description="Every row admitted since the last check fulfils the feed's contract, by a second engine.",
        ),
        dg.AssetCheckSpec(
            "files_and_rows_came_in",
            asset=feed_key(feed.name),
            description="No file of the feed's folder waits in quarantine, and no row of the night was rejected.",
        ),
    ]


def _ledger_checks() -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            "nothing_is_lost",
            asset=LEDGER,
            description="Every file and every record that was seen is in a table, rejected with a reason, "
            "in quarantine, or still in the inbox.",
        ),
        dg.AssetCheckSpec(
            "mappings_load",
            asset=LEDGER,
            description="Every source mapping can be read; files of a wrong one wait in the inbox.",
        ),
    ]


def _feed_results(
    platform: Platform, feeds: list[Feed], report: "AdmissionReport", as_of: date
) -> Iterator[dg.MaterializeResult]:
    from retail_assets.feeds.intake_checks import contract_findings, intake_findings, rows_of_feeds

    settings = platform.settings
    contracts, rows = contract_findings(settings, feeds), rows_of_feeds(settings)
    came_in = intake_findings(settings, feeds, as_of)
    for feed in feeds:
        key, files = feed_key(feed.name), pl.DataFrame(report.files(feed.folder))
        metadata: dict[str, Any] = {
            "night": as_of.isoformat(),
            "rows_admitted": report.rows_admitted(feed.name),
            "dagster/row_count": rows.get(feed.name, 0),
        }
        if files.height:
            metadata["files"] = rows_table(files)
        checks = [
            check_result("contract", contracts[feed.name], asset=key),
            check_result("files_and_rows_came_in", came_in[feed.name], asset=key, severity=WARN),
        ]
        yield dg.MaterializeResult(asset_key=key, metadata=metadata, check_results=checks)


def _ledger_result(
    platform: Platform, handlers: "Handlers", report: "AdmissionReport"
) -> dg.MaterializeResult:
    from retail_assets.feeds.intake_checks import mappings_finding
    from retail_assets.intake.reconcile import accounting, reconcile

    lost = [
        *reconcile(platform.settings, handlers, night=report.as_of),
        *accounting(platform.settings),
    ]
    named = pl.DataFrame([vars(one) for one in lost[:FINDINGS_NAMED]] or None)
    finding = Finding(
        passed=not lost,
        figures={"count": len(lost), **({"findings": named} if lost else {})},
        advice="Something is not where it belongs; each finding says what to do.",
    )
    return dg.MaterializeResult(
        asset_key=LEDGER,
        metadata={"drops": report.drop_count, "log": rows_table(pl.DataFrame({"line": report.summary()}))},
        check_results=[
            check_result("nothing_is_lost", finding, asset=LEDGER),
            check_result("mappings_load", mappings_finding(platform, report.skipped), asset=LEDGER),
        ],
    )
