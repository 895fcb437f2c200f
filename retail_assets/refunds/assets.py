"""Refund photos become item classes. Wiring only."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from retail_assets.dagster_kit.wiring import (
    LEDGER,
    ONE_NIGHT_A_RUN,
    Night,
    check_result,
    days,
    feed_key,
    is_backfill,
    materialise_backfilled,
    partitions_of,
    table_spec,
    told,
)
from retail_assets.names import printable
from retail_assets.platform import Platform
from retail_assets.refunds import checks
from retail_assets.refunds.flow import FLOW
from retail_assets.refunds.settings import RefundSettings
from retail_assets.refunds.tables import REFUND_IMAGES, REFUND_ITEM_CATEGORIES, REFUND_ITEM_PREDICTIONS

if TYPE_CHECKING:
    from retail_assets.refunds.predictions import Model

CATEGORIES_SHOWN = 50

CHECKS = {
    "every_photo_is_answered": (dg.AssetCheckSeverity.ERROR, checks.every_photo_is_answered),
    "few_photos_need_review": (dg.AssetCheckSeverity.WARN, checks.few_photos_need_review),
    "the_champion_scored": (dg.AssetCheckSeverity.WARN, checks.the_champion_scored),
}


class ScoringConfig(dg.Config):
    """How a night's photos are scored."""

    score_again: bool = False
    """Let the champion score photos again that another version answered; a backfill does so in any case."""


def definitions(platform: Platform, resolve: "Callable[[Platform], Model] | None" = None) -> dg.Definitions:
    """The assets of the flow; `resolve` loads the model of a run."""
    images = table_spec(
        platform,
        FLOW,
        REFUND_IMAGES,
        deps=[LEDGER, feed_key("refund_manifests")],
        kinds={"parquet"},
        more="Drop photos into `data/inbox/refunds/`, or into a folder there that is called like their return case.",
    )

    return dg.Definitions(
        assets=[
            _categories_asset(platform),
            _images_asset(platform, images),
            _predictions_asset(platform, images, resolve),
        ]
    )


def _categories_asset(platform: Platform) -> dg.AssetsDefinition:
    lake, settings = platform.lake, platform.settings_of(RefundSettings)

    @dg.multi_asset(
        name=REFUND_ITEM_CATEGORIES.name,
        specs=[
            table_spec(
                platform,
                FLOW,
                REFUND_ITEM_CATEGORIES,
                deps=[feed_key("return_cases")],
                kinds={"yaml", "parquet"},
                more="From the packaged file and RETAIL_REFUND_ITEM_CATEGORIES.",
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(
                "every_category_is_mapped",
                asset=dg.AssetKey(["lake", REFUND_ITEM_CATEGORIES.name]),
                description="Every item category of return cases stands for a class; others are `unknown`.",
            )
        ],
    )
    @told(platform)
    def refund_item_categories() -> dg.MaterializeResult:
        from retail_assets.refunds.item_categories import every_category_is_mapped, item_categories

        categories = item_categories(settings.item_categories)
        REFUND_ITEM_CATEGORIES.write(lake, "categories", categories)
        finding = every_category_is_mapped(lake, categories, shown=CATEGORIES_SHOWN)
        return dg.MaterializeResult(
            metadata={"categories": categories["item_category"].n_unique()},
            check_results=[
                check_result("every_category_is_mapped", finding, severity=dg.AssetCheckSeverity.WARN)
            ],
        )

    return refund_item_categories


def _images_asset(platform: Platform, images: dg.AssetSpec) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=REFUND_IMAGES.name,
        specs=[images],
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
    )
    @told(platform)
    def refund_images(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retail_assets.refunds.images import list_images
        from retail_assets.refunds.photos import admitted_photos

        night = Night(context, platform)
        report = list_images(settings=platform.settings, as_of=night.as_of, admitted=admitted_photos)
        materialise_backfilled(context, images.key, report.backfilled)
        return dg.MaterializeResult(metadata={"photos": report.photos, "backfilled": days(report.backfilled)})

    return refund_images


def _predictions_asset(
    platform: Platform, images: dg.AssetSpec, resolve: "Callable[[Platform], Model] | None"
) -> dg.AssetsDefinition:
    lake, settings = platform.lake, platform.settings_of(RefundSettings)

    def loaded_model() -> "Model":
        from retail_assets.refunds.scoring import refund_model

        return (resolve or refund_model)(platform)

    predictions = table_spec(
        platform,
        FLOW,
        REFUND_ITEM_PREDICTIONS,
        deps=[images],
        kinds={"pytorch", "parquet"},
        more="Bytes that a version of the model has seen are not scored again. A backfill lets the champion score a "
        "night anew.",
    )

    @dg.multi_asset(
        name=REFUND_ITEM_PREDICTIONS.name,
        specs=[predictions],
        partitions_def=partitions_of(platform),
        backfill_policy=ONE_NIGHT_A_RUN,
        check_specs=[
            dg.AssetCheckSpec(name, asset=predictions.key, description=check.__doc__)
            for name, (_, check) in CHECKS.items()
        ],
    )
    @told(platform)
    def refund_item_predictions(
        context: dg.AssetExecutionContext, config: ScoringConfig
    ) -> dg.MaterializeResult:
        from retail_assets.refunds import previews
        from retail_assets.refunds.predictions import predict_photos

        night = Night(context, platform).as_of
        report = predict_photos(
            lake=lake,
            as_of=night,
            resolve=loaded_model,
            score_again=config.score_again or is_backfill(context),
            progress=context.log.info,
        )
        materialise_backfilled(context, predictions.key, report.backfilled)
        metadata: dict[str, Any] = {
            "photos": report.photos,
            "scored": report.scored,
            "reused": report.reused,
            "backfilled": days(report.backfilled),
        }
        if report.model:
            if report.model.why_packaged:
                context.log.warning(printable(f"The packaged model scores. {report.model.why_packaged}"))
            metadata["model"] = f"{report.model.name} {report.model.version} ({report.model.source})"
        # An event keeps its pictures, so they are drawn when there is something new to see.
        if report.changed and (sheet := previews.contact_sheet(lake, settings, night)):
            metadata["contact_sheet"] = dg.MetadataValue.md(sheet)
            metadata["confidence"] = dg.MetadataValue.md(previews.confidence_histogram(lake, night) or "")
        return dg.MaterializeResult(metadata=metadata, check_results=list(_checked(night)))

    def _checked(night: date) -> Iterator[dg.AssetCheckResult]:
        for name, (severity, check) in CHECKS.items():
            yield check_result(name, check(lake, settings, night), severity=severity)

    return refund_item_predictions
