"""Training the refund item classifier as assets: data, candidate, evaluation, champion. Wiring only."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

import dagster as dg
import polars as pl

from ml.tracking.registry import RegistryUnreachable, Tag, Version
from retail_assets.config import Settings
from retail_assets.feeds.assets import LEDGER, OWNERS
from retail_assets.models.export import export_model_versions
from retail_assets.refunds.training.candidate import train_candidate
from retail_assets.refunds.training.data import frozen_set, summary, training_parts
from retail_assets.refunds.training.datasets import UnusableDataset
from retail_assets.refunds.training.evaluation import NoCandidate, evaluate_candidate
from retail_assets.refunds.training.previews import evaluation_previews, markdown_table
from retail_assets.refunds.training.promotion import judge_candidate

GROUP = "refund_training"


class TrainingConfig(dg.Config):
    """How a candidate is trained."""

    quick: bool = False
    """Seconds instead of an hour: to see that everything is connected. Such a model is no good."""
    architecture: str = "efficientnet_lite0"
    pretrained: bool = True
    """Start from ImageNet weights."""
    seed: int = 0


@contextmanager
def _told() -> Generator[None]:
    """What a person has to mend ends the run with its sentence, and is not tried again."""
    from ml.vision.data import DatasetError
    from ml.vision.models import NoPretrainedWeights, UnknownArchitecture
    from ml.vision.package import NotAModel
    from ml.vision.train import UnsuitableSize

    try:
        yield
    except (
        UnusableDataset,
        NoCandidate,
        RegistryUnreachable,
        NoPretrainedWeights,
        UnknownArchitecture,
        DatasetError,
        NotAModel,
        UnsuitableSize,
    ) as error:
        raise dg.Failure(str(error), allow_retries=False) from error


def refund_training_assets(*, settings: Settings) -> list[dg.AssetsDefinition]:
    @dg.asset(
        group_name=GROUP,
        owners=OWNERS,
        deps=[LEDGER],
        kinds={"parquet"},
        description="Labelled photos to learn from (RETAIL_REFUND_TRAINING_DIR, and what reviewers relabelled) and "
        "to be judged by (RETAIL_REFUND_FROZEN_DIR), counted.",
    )
    def refund_training_data() -> dg.MaterializeResult:
        with _told():
            counted = summary(training_parts(settings), frozen_set(settings))
        by_split = counted.group_by("split").agg(pl.col("photos").sum()).sort("split")
        return dg.MaterializeResult(
            metadata={**dict(by_split.iter_rows()), "photos": dg.MetadataValue.md(markdown_table(counted))}
        )

    @dg.asset(
        group_name=GROUP,
        owners=OWNERS,
        deps=[refund_training_data],
        kinds={"pytorch", "mlflow"},
        description="A newly trained classifier: the registry's next version, with the alias `candidate`.",
    )
    def refund_classifier_candidate(
        context: dg.AssetExecutionContext, config: TrainingConfig
    ) -> dg.MaterializeResult:
        from ml.vision.recipe import Recipe
        from ml.vision.train import EpochMetrics

        def report(epoch: EpochMetrics) -> None:
            context.log.info(
                f"Epoch {epoch.epoch + 1} at {epoch.width}x{epoch.height}: loss {epoch.loss:.3f}, "
                f"{epoch.images:,} photos in {epoch.seconds:.0f} s."
            )

        recipe = (
            Recipe.quick()
            if config.quick
            else Recipe.usual(config.architecture, pretrained=config.pretrained)
        )
        with _told():
            version = train_candidate(
                settings,
                recipe=recipe,
                seed=config.seed,
                trained_at=_started_at(context),
                command=f"job train_refund_classifier, run {context.run.run_id}",
                report=report,
            )
        return dg.MaterializeResult(metadata=_described(version))

    @dg.asset(
        group_name=GROUP,
        owners=OWNERS,
        deps=[refund_classifier_candidate],
        kinds={"pytorch", "mlflow"},
        description="Candidate and champion on the frozen set: overall, per class, by image size and source, "
        "against the naive baseline, and how far their confidence holds.",
    )
    def refund_classifier_evaluation() -> dg.MaterializeResult:
        with _told():
            found = evaluate_candidate(settings)
        return dg.MaterializeResult(
            metadata={
                **_described(found.candidate),
                **{
                    name: dg.MetadataValue.md(text)
                    for name, text in evaluation_previews(found.evaluation).items()
                },
            }
        )

    @dg.asset(
        group_name=GROUP,
        owners=OWNERS,
        deps=[refund_classifier_evaluation],
        kinds={"mlflow"},
        description="The gate: promotes the candidate if it beats the champion on enough real photos, else says why "
        "not. A promote_model decision overrules it, and takes a promotion back.",
    )
    def refund_classifier_champion(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with _told():
            version = judge_candidate(settings, at=_started_at(context))
            export_model_versions(settings)
        outcome, reason = version.tags[Tag.GATE_OUTCOME], version.tags[Tag.GATE_REASON]
        context.log.info(f"{version}: {outcome}. {reason}")
        return dg.MaterializeResult(
            metadata={"version": str(version), "gate_outcome": outcome, "gate_reason": reason}
        )

    return [
        refund_training_data,
        refund_classifier_candidate,
        refund_classifier_evaluation,
        refund_classifier_champion,
    ]


def _started_at(context: dg.AssetExecutionContext) -> datetime:
    record = context.instance.get_run_record_by_id(context.run.run_id)
    assert record is not None, "a run that executes has a record"
    return record.create_timestamp


def _described(version: Version) -> dict[str, str | float]:
    metrics = json.loads(version.tags[Tag.METRICS])
    return {"version": str(version), "data_hash": version.tags[Tag.DATA_HASH], **metrics}
