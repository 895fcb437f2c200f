"""Refund photos become item classes. Wiring only."""

from collections.abc import Callable
from datetime import date
from typing import Any

import dagster as dg

from retail_assets.config import Settings
from retail_assets.feeds.assets import LEDGER, OWNERS, feed_key
from retail_assets.lake import Lake
from retail_assets.lake_tables import LakeTable
from retail_assets.partitions import night_of
from retail_assets.refunds import checks, previews
from retail_assets.refunds.images import list_images
from retail_assets.refunds.item_categories import item_categories, unmapped_categories
from retail_assets.refunds.photos import admitted_photos
from retail_assets.refunds.predictions import Model, predict_photos
from retail_assets.refunds.scoring import resolve_model
from retail_assets.refunds.tables import REFUND_IMAGES, REFUND_ITEM_CATEGORIES, REFUND_ITEM_PREDICTIONS

GROUP = "refunds"
BACKFILL_TAG = "dagster/backfill"
CATEGORIES_SHOWN = 50
ONE_NIGHT_A_RUN = dg.BackfillPolicy.multi_run(1)

CHECKS = {
    "every_photo_is_answered": (dg.AssetCheckSeverity.ERROR, checks.every_photo_is_answered),
    "few_photos_need_review": (dg.AssetCheckSeverity.WARN, checks.few_photos_need_review),
    "the_champion_scored": (dg.AssetCheckSeverity.WARN, checks.the_champion_scored),
}


class ScoringConfig(dg.Config):
    """How a night's photos are scored."""

    score_again: bool = False
    """Let the champion score photos again that another version answered; a backfill does so in any case."""


def refund_assets(
    *,
    settings: Settings,
    partitions: dg.PartitionsDefinition,
    freshness: dg.FreshnessPolicy,
    resolve: Callable[[Settings], Model] = resolve_model,
) -> list[dg.AssetsDefinition]:
    lake = Lake(settings.data_dir)

    @dg.asset(
        name=REFUND_ITEM_CATEGORIES.name,
        deps=[feed_key("return_cases")],
        group_name=GROUP,
        kinds={"yaml", "parquet"},
        owners=OWNERS,
        freshness_policy=freshness,
        description=f"{REFUND_ITEM_CATEGORIES.description} From the packaged file and RETAIL_ITEM_CATEGORIES.",
        metadata=_declared(REFUND_ITEM_CATEGORIES),
        check_specs=[
            dg.AssetCheckSpec(
                "every_category_is_mapped",
                asset=REFUND_ITEM_CATEGORIES.name,
                description="Every item category of return cases stands for a class; others are `unknown`.",
            )
        ],
    )
    def refund_item_categories() -> dg.MaterializeResult:
        categories = item_categories(settings.item_categories)
        REFUND_ITEM_CATEGORIES.write(lake, "categories", categories)
        unmapped = unmapped_categories(lake, categories)
        return dg.MaterializeResult(
            metadata={"categories": categories["item_category"].n_unique()},
            check_results=[
                dg.AssetCheckResult(
                    check_name="every_category_is_mapped",
                    passed=not unmapped,
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={"unmapped": dict(list(unmapped.items())[:CATEGORIES_SHOWN])},
                    description="Name their classes in a file of your own (RETAIL_ITEM_CATEGORIES); until then their "
                    "cases never disagree with a photo."
                    if unmapped
                    else None,
                )
            ],
        )

    images = dg.AssetSpec(
        REFUND_IMAGES.name,
        deps=[LEDGER, feed_key("refund_manifests")],
        group_name=GROUP,
        kinds={"parquet"},
        owners=OWNERS,
        freshness_policy=freshness,
        description=f"{REFUND_IMAGES.description} Drop photos into `data/inbox/refunds/`, or into a folder there "
        "that is called like their return case.",
        metadata=_declared(REFUND_IMAGES),
    )

    @dg.multi_asset(
        name=REFUND_IMAGES.name,
        specs=[images],
        partitions_def=partitions,
        backfill_policy=ONE_NIGHT_A_RUN,
    )
    def refund_images(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        night = night_of(context, settings.zone)
        report = list_images(settings=settings, as_of=night, admitted=admitted_photos)
        return dg.MaterializeResult(metadata={"photos": report.photos, "refilled": _days(report.refilled)})

    predictions = dg.AssetSpec(
        REFUND_ITEM_PREDICTIONS.name,
        deps=[images],
        group_name=GROUP,
        kinds={"pytorch", "parquet"},
        owners=OWNERS,
        freshness_policy=freshness,
        description=f"{REFUND_ITEM_PREDICTIONS.description} Bytes that a version of the model has seen are not "
        "scored again. A backfill lets the champion score a night anew.",
        metadata=_declared(REFUND_ITEM_PREDICTIONS),
    )

    @dg.multi_asset(
        name=REFUND_ITEM_PREDICTIONS.name,
        specs=[predictions],
        partitions_def=partitions,
        backfill_policy=ONE_NIGHT_A_RUN,
        check_specs=[
            dg.AssetCheckSpec(name, asset=REFUND_ITEM_PREDICTIONS.name, description=check.__doc__)
            for name, (_, check) in CHECKS.items()
        ],
    )
    def refund_item_predictions(
        context: dg.AssetExecutionContext, config: ScoringConfig
    ) -> dg.MaterializeResult:
        night = night_of(context, settings.zone)
        report = predict_photos(
            lake=lake,
            as_of=night,
            resolve=lambda: resolve(settings),
            score_again=config.score_again or BACKFILL_TAG in context.run.tags,
            progress=context.log.info,
        )
        if report.model and report.model.why_packaged:
            context.log.warning(f"The packaged model scores. {report.model.why_packaged}")
        metadata: dict[str, Any] = {
            "photos": report.photos,
            "scored": report.scored,
            "reused": report.reused,
            "refilled": _days(report.refilled),
        }
        if report.model:
            metadata["model"] = f"{report.model.name} {report.model.version} ({report.model.source})"
        # An event keeps its pictures, so they are drawn when there is something new to see.
        if report.changed and (sheet := previews.contact_sheet(settings, night)):
            metadata["contact_sheet"] = dg.MetadataValue.md(sheet)
            metadata["confidence"] = dg.MetadataValue.md(previews.confidence_histogram(lake, night) or "")
        return dg.MaterializeResult(
            metadata=metadata, check_results=[_checked(name, settings, night) for name in CHECKS]
        )

    return [refund_item_categories, refund_images, refund_item_predictions]


def _checked(name: str, settings: Settings, night: date) -> dg.AssetCheckResult:
    severity, check = CHECKS[name]
    finding = check(settings, night)
    return dg.AssetCheckResult(
        check_name=name,
        passed=finding.passed,
        severity=severity,
        metadata=finding.figures,
        description=None if finding.passed else finding.advice,
    )


def _declared(table: LakeTable) -> dict[str, Any]:
    columns = [dg.TableColumn(name, kind, description=text) for name, (kind, text) in table.columns.items()]
    return {
        "dagster/column_schema": dg.TableSchema(columns),
        "dagster/uri": f"lake/tables/{table.name}",
    }


def _days(nights: list[date]) -> str:
    return ", ".join(night.isoformat() for night in nights) or "none"
