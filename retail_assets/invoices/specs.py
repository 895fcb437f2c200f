"""The assets in which invoices meet the books and wait for people. Wiring only, as in `assets`."""

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
    rows_table,
    table_key,
    table_spec,
    told,
)
from retail_assets.invoices.flow import FLOW
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.tables import (
    INVOICE_CHECKS,
    INVOICE_EXTRACTIONS,
    INVOICE_ORDER_LINES,
    INVOICE_PICTURES,
)
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


def pictures_asset(platform: Platform) -> dg.AssetsDefinition:
    """What waits for a person, once the platform has confirmed what is proven."""
    lake, settings = platform.lake, platform.settings_of(InvoiceSettings)
    spec = table_spec(
        platform,
        FLOW,
        INVOICE_PICTURES,
        deps=[table_key(INVOICE_EXTRACTIONS.name), table_key(INVOICE_CHECKS.name)],
        kinds={"parquet"},
        more="Its events list the night's invoices that a person has to look at.",
    )

    @dg.multi_asset(
        name=INVOICE_PICTURES.name,
        specs=[spec],
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
    )
    @told(platform)
    def invoice_pictures(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retail_assets.invoices import previews
        from retail_assets.invoices.pictures import draw_pictures

        night = Night(context, platform).as_of
        report = draw_pictures(lake, settings)
        others = [one for one in report.nights if one != night]
        materialise_backfilled(context, spec.key, others)
        metadata: dict[str, Any] = {
            "drawn": report.drawn,
            "left": report.left,
            "backfilled": days(others),
            "to_review": rows_table(previews.listed(lake, night)),
        }
        # An event keeps its pictures, so they are shown when there is something new to see.
        if night in report.nights and (pages := previews.boxed_pages(lake, night)):
            metadata["pages"] = dg.MetadataValue.md(pages)
        return dg.MaterializeResult(metadata=metadata)

    return invoice_pictures
