"""Documents of invoices become fields and rows. Wiring only."""

from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from retail_assets.dagster_kit.wiring import (
    LEDGER,
    ONE_NIGHT_A_RUN,
    Night,
    check_result,
    days,
    materialise_backfilled,
    partitions_of,
    table_spec,
    told,
)
from retail_assets.invoices import checks
from retail_assets.invoices.flow import FLOW
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.specs import checks_asset, pictures_asset
from retail_assets.invoices.tables import INVOICE_DOCUMENTS, INVOICE_EXTRACTIONS, INVOICE_TEXT
from retail_assets.platform import Platform

if TYPE_CHECKING:
    from retail_assets.invoices.text import ReadReport


CHECKS = {
    "every_document_is_answered": (dg.AssetCheckSeverity.ERROR, checks.every_document_is_answered),
    "every_document_could_be_read": (dg.AssetCheckSeverity.WARN, checks.every_document_could_be_read),
    "no_invoice_waits_too_long": (dg.AssetCheckSeverity.WARN, checks.no_invoice_waits_too_long),
}


def definitions(platform: Platform) -> dg.Definitions:
    documents = table_spec(
        platform,
        FLOW,
        INVOICE_DOCUMENTS,
        deps=[LEDGER],
        kinds={"parquet"},
        more="Drop documents, or mails with documents, into `data/inbox/invoices/`.",
    )
    text = table_spec(
        platform,
        FLOW,
        INVOICE_TEXT,
        deps=[documents],
        kinds={"parquet"},
        more="A page that was recognised is not recognised again.",
    )
    extractions = table_spec(
        platform,
        FLOW,
        INVOICE_EXTRACTIONS,
        deps=[documents, text],
        kinds={"parquet"},
        more="Bytes that were read are not read again, until a `review_invoice` decision asks for a retry.",
    )
    return dg.Definitions(
        assets=[
            _documents_asset(platform, documents),
            _text_asset(platform, text),
            _extractions_asset(platform, extractions),
            checks_asset(platform, extractions),
            pictures_asset(platform),
        ]
    )


def _documents_asset(platform: Platform, documents: dg.AssetSpec) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=INVOICE_DOCUMENTS.name,
        specs=[documents],
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
    )
    @told(platform)
    def invoice_documents(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retail_assets.invoices.documents import list_documents

        report = list_documents(platform.settings, Night(context, platform).as_of)
        materialise_backfilled(context, documents.key, report.backfilled)
        return dg.MaterializeResult(
            metadata={"documents": report.documents, "backfilled": days(report.backfilled)}
        )

    return invoice_documents


def _text_asset(platform: Platform, text: dg.AssetSpec) -> dg.AssetsDefinition:
    lake, settings = platform.lake, platform.settings_of(InvoiceSettings)

    @dg.multi_asset(
        name=INVOICE_TEXT.name,
        specs=[text],
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
    )
    @told(platform)
    def invoice_text(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retail_assets.invoices.text import read_pages

        report = read_pages(lake, settings, Night(context, platform).as_of, context.log.info)
        materialise_backfilled(context, text.key, report.backfilled)
        return dg.MaterializeResult(metadata=_figures(report))

    return invoice_text


def _extractions_asset(platform: Platform, extractions: dg.AssetSpec) -> dg.AssetsDefinition:
    lake, settings = platform.lake, platform.settings_of(InvoiceSettings)

    @dg.multi_asset(
        name=INVOICE_EXTRACTIONS.name,
        specs=[extractions],
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
        check_specs=[
            dg.AssetCheckSpec(name, asset=extractions.key, description=check.__doc__)
            for name, (_, check) in CHECKS.items()
        ],
    )
    @told(platform)
    def invoice_extractions(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retail_assets.invoices.extractions import extract_invoices
        from retail_assets.invoices.retries import retries

        night: date = Night(context, platform).as_of
        asked = retries(platform.settings)
        report = extract_invoices(lake, settings, night, asked, context.log.info)
        materialise_backfilled(context, extractions.key, report.backfilled)
        metadata = _figures(report)
        if report.language_model:
            metadata["language_model"] = report.language_model
        if report.unanswered:
            context.log.warning(
                f"{report.unanswered:,} invoices have no answer of the language model; findings say why."
            )
        results = [
            check_result(name, check(lake, settings, night), severity=severity)
            for name, (severity, check) in CHECKS.items()
        ]
        return dg.MaterializeResult(metadata=metadata, check_results=results)

    return invoice_extractions


def _figures(report: "ReadReport") -> dict[str, Any]:
    return {
        "documents": report.documents,
        "read": report.read,
        "reused": report.reused,
        "backfilled": days(report.backfilled),
    }
