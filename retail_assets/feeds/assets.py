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
    WEEKLY,
    Night,
    check_result,
    feed_key,
    owners_of,
    partitions_of,
    rows_table,
    table_key,
    told,
)
from retail_assets.feeds.flow import FLOW
from retail_assets.platform import Platform

if TYPE_CHECKING:
    from retail_assets.intake.handlers import Handlers
    from retail_assets.intake.report import AdmissionReport

WARN = dg.AssetCheckSeverity.WARN
FILES_CAME_IN = "files_came_in"
VERIFICATION, BYTES_UNCHANGED = dg.AssetKey(["intake", "verification"]), "bytes_unchanged"


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

        night = Night(context, platform)
        as_of, today = night.as_of, night.run_started.astimezone(platform.settings.zone).date()
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
        yield from _feed_results(platform, handlers, selected, report)
        if LEDGER in context.selected_asset_keys:
            yield _ledger_result(platform, handlers, report, today)

    checks = [_files_check(platform, table) for table in dict.fromkeys(platform.handler_tables.values())]
    return dg.Definitions(assets=[admission, _verification(platform)], asset_checks=checks)


def _verification(platform: Platform) -> dg.AssetsDefinition:
    """Is what came in still what it was? Asked by a job of its own, about another part each week."""
    spec = dg.AssetSpec(
        VERIFICATION,
        deps=[LEDGER],
        description="A part of the lake's bytes, hashed again. All of them at once: "
        "`.venv/bin/python -m retail_assets.verify`.",
        group_name=FLOW.name,
        kinds={"parquet"},
        owners=owners_of(platform, FLOW.name),
        freshness_policy=WEEKLY,
        tags={"layer": "verification", "domain": FLOW.name},
    )
    check = dg.AssetCheckSpec(
        BYTES_UNCHANGED,
        asset=VERIFICATION,
        description="Stored files and their rows have the bytes that were written.",
    )

    @dg.multi_asset(name="verification", specs=[spec], check_specs=[check])
    @told(platform)
    def verification(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retail_assets.feeds.intake_checks import lost_finding
        from retail_assets.intake.verification import WEEKS_FOR_ALL, verify_bytes

        verified = verify_bytes(platform.settings, week_of=Night(context, platform).as_of)
        return dg.MaterializeResult(
            metadata={"files": verified.files, "part": f"one of {WEEKS_FOR_ALL}"},
            check_results=[
                check_result(BYTES_UNCHANGED, lost_finding(verified.findings, shown=FINDINGS_NAMED))
            ],
        )

    return verification


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
            description="No table of the feed's folder waits in quarantine, and no row of the night was rejected.",
        ),
    ]


def _ledger_checks() -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            "nothing_is_lost",
            asset=LEDGER,
            blocking=True,
            description="Every file and every record that was seen is in a table, rejected with a reason, "
            "in quarantine, or still in the inbox. What is lost stops the run: nothing is built or published of the "
            "rest.",
        ),
        dg.AssetCheckSpec(
            "mappings_load",
            asset=LEDGER,
            description="Every source mapping can be read; files of a wrong one wait in the inbox.",
        ),
        dg.AssetCheckSpec(
            "decisions_accepted",
            asset=LEDGER,
            description="No decision that came in this night was refused.",
        ),
        dg.AssetCheckSpec(
            "encodings_are_known",
            asset=LEDGER,
            description="No file of this night was read in an encoding that is a guess.",
        ),
        dg.AssetCheckSpec(
            "no_night_is_ahead",
            asset=LEDGER,
            description="The newest night is not later than the clock's.",
        ),
        dg.AssetCheckSpec(
            FILES_CAME_IN,
            asset=LEDGER,
            description="No archive waits in quarantine, and no file that nothing reads.",
        ),
    ]


def _files_check(platform: Platform, table: str) -> dg.AssetChecksDefinition:
    """Handlers of a flow warn at a table of the flow; those of feeds, and all else, in the admission itself."""

    @dg.asset_check(
        name=FILES_CAME_IN,
        asset=table_key(table),
        description="No file that the flow's own handlers read waits in quarantine.",
    )
    @told(platform)
    def files_came_in(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        from retail_assets.feeds.came_in import files_finding

        finding = files_finding(
            platform, platform.handlers(), f"lake/{table}", Night(context, platform).as_of
        )
        return check_result(FILES_CAME_IN, finding, severity=WARN)

    return files_came_in


def _feed_results(
    platform: Platform, handlers: "Handlers", feeds: list[Feed], report: "AdmissionReport"
) -> Iterator[dg.MaterializeResult]:
    from retail_assets.feeds.came_in import feed_findings
    from retail_assets.feeds.intake_checks import contract_findings, rows_of_feeds

    settings, as_of = platform.settings, report.as_of
    contracts, rows = contract_findings(settings, feeds), rows_of_feeds(settings)
    came_in = feed_findings(platform, handlers, feeds, as_of)
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
    platform: Platform, handlers: "Handlers", report: "AdmissionReport", today: date
) -> dg.MaterializeResult:
    from retail_assets.feeds.came_in import AT_THE_LEDGER, files_finding
    from retail_assets.feeds.intake_checks import (
        clock_finding,
        decisions_finding,
        encodings_finding,
        lost_finding,
        mappings_finding,
    )
    from retail_assets.intake.reconcile import accounting, reconcile

    settings = platform.settings
    lost = [*reconcile(settings, handlers, night=report.as_of), *accounting(settings)]
    decisions, files = (
        decisions_finding(settings, report.as_of),
        files_finding(platform, handlers, AT_THE_LEDGER, report.as_of),
    )
    return dg.MaterializeResult(
        asset_key=LEDGER,
        metadata={"drops": report.drop_count, "log": rows_table(pl.DataFrame({"line": report.summary()}))},
        check_results=[
            check_result(
                "nothing_is_lost",
                lost_finding(lost, shown=FINDINGS_NAMED),
                asset=LEDGER,
                severity=dg.AssetCheckSeverity.ERROR if any(one.is_loss for one in lost) else WARN,
            ),
            check_result("mappings_load", mappings_finding(platform, report.skipped), asset=LEDGER),
            check_result("decisions_accepted", decisions, asset=LEDGER, severity=WARN),
            check_result(
                "encodings_are_known", encodings_finding(settings, report.as_of), asset=LEDGER, severity=WARN
            ),
            check_result("no_night_is_ahead", clock_finding(settings, today), asset=LEDGER, severity=WARN),
            check_result(FILES_CAME_IN, files, asset=LEDGER, severity=WARN),
        ],
    )
