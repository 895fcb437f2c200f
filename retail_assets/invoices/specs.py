"""The asset in which invoices meet the books. Wiring only, as in `assets`."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from retail_assets.dagster_kit.wiring import (
    ONE_NIGHT_A_RUN,
    Night,
    check_result,
    days,
    materialise_backfilled,
    partitions_of,
    table_spec,
    told,
)
from retail_assets.invoices.flow import FLOW
from retail_assets.invoices.tables import INVOICE_CHECKS, INVOICE_ORDER_LINES
from retail_assets.platform import Platform

ACCOUNTS = "money_goes_to_known_accounts"


def checks_asset(platform: Platform, extractions: dg.AssetSpec) -> dg.AssetsDefinition:
    """Suppliers, twins and orders of invoices; what is proven is confirmed."""
    checks = table_spec(
        platform,
        FLOW,
        INVOICE_CHECKS,
        deps=[extractions],
        kinds={"polars", "parquet"},
        more="Invoices whose amounts are proven, and against which nothing speaks, are confirmed by the actor `auto` "
        "(RETAIL_INVOICE_AUTO_CONFIRM).",
    )
    lines = table_spec(platform, FLOW, INVOICE_ORDER_LINES, deps=[extractions], kinds={"polars", "parquet"})

    @dg.multi_asset(
        name=INVOICE_CHECKS.name,
        specs=[checks, lines],
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
        can_subset=True,  # whichever is asked for, both are written: they are of one judgement
        check_specs=[
            dg.AssetCheckSpec(
                ACCOUNTS,
                asset=checks.key,
                description="No invoice that waits names another account than its supplier's: the classic fraud.",
            )
        ],
    )
    @told(platform)
    def invoice_checks(context: dg.AssetExecutionContext) -> Iterator[Any]:
        from retail_assets.invoices.checking import check_invoices, money_goes_to_known_accounts

        night = Night(context, platform)
        report = check_invoices(platform, as_of=night.as_of, now=night.now)
        others = [one for one in report.nights if one != night.as_of]
        figures = {"judged": report.judged, "confirmed": report.confirmed, "backfilled": days(others)}
        finding = money_goes_to_known_accounts(report)
        for spec in (checks, lines):
            if spec.key in context.selected_asset_keys:
                materialise_backfilled(context, spec.key, others)
                severity = dg.AssetCheckSeverity.WARN
                results = [check_result(ACCOUNTS, finding, severity=severity)] if spec is checks else []
                yield dg.MaterializeResult(asset_key=spec.key, metadata=figures, check_results=results)

    return invoice_checks
