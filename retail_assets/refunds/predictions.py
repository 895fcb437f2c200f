"""What the classifier sees on the photos of a night: known answers are taken, the rest is scored in batches.

A photo keeps the answer it has. Only when it is asked for are photos of a night scored again that another
version answered; the model that stands in for an unreachable registry never replaces an answer.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from retail_assets.kit.prediction_cache import PredictionCache
from retail_assets.lake import Lake, file_lock
from retail_assets.models.resolve import FROM_PACKAGE
from retail_assets.refunds.changed_partitions import partitions_with_unanswered_photos
from retail_assets.refunds.images import LOCK
from retail_assets.refunds.tables import REFUND_IMAGES, REFUND_ITEM_PREDICTIONS

Score = Callable[[Iterable[Path]], Iterator[pl.DataFrame]]
"""Stored photos -> frames of predictions, in batches; see `ml.vision.predict.predict_files`."""


ANSWER = ("predicted_class", "confidence", "top_k", "entropy", "needs_review", "error")
BATCH_PHOTOS: int = 2_048
"""Photos whose answers are kept together: what a killed run repeats at most, some seconds of work."""


@dataclass(frozen=True)
class Model:
    """The model of a run."""

    name: str
    version: str
    source: str
    """registry or packaged; stands on every row."""
    digest: str
    score: Score
    why_packaged: str | None = None


@dataclass
class PredictionsReport:
    """What a run did. Without a photo to answer it has no model."""

    photos: int = 0
    """Of the run's own night."""
    scored: int = 0
    """Photos that the model looked at, of all nights."""
    reused: int = 0
    """Photos that were given the answer which the same bytes had before."""
    backfilled: list[date] = field(default_factory=list)
    model: Model | None = None
    changed: bool = False
    """Whether a prediction of the run's own night came or changed."""


def predict_photos(
    *,
    lake: Lake,
    as_of: date,
    resolve: Callable[[], Model],
    score_again: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> PredictionsReport:
    """Write refund_item_predictions for a night, and for other nights that have photos without an answer.

    `resolve` is called once, and not at all when every photo has its answer.
    """
    report = PredictionsReport()
    with file_lock(lake.lock_file(LOCK)):
        report.backfilled = sorted(partitions_with_unanswered_photos(lake) - {as_of})
        if score_again:
            report.model = resolve()
        for night in [*report.backfilled, as_of]:
            photos = REFUND_IMAGES.read(lake, night.isoformat())
            kept = _kept(lake, night, photos, report.model if score_again and night == as_of else None)
            missing = photos.join(kept, on="sequence", how="anti")
            answered = kept
            if missing.height:
                report.model = report.model or resolve()
                answers = _answers(
                    lake, night, missing["sha256"].unique(maintain_order=True), report, progress
                )
                answered = pl.concat([kept, _signed(missing.join(answers, on="sha256"), report.model)])
            changed = REFUND_ITEM_PREDICTIONS.write(lake, night.isoformat(), answered.sort("sequence"))
        report.photos, report.changed = photos.height, changed
    return report


def _kept(lake: Lake, night: date, photos: pl.DataFrame, again: Model | None) -> pl.DataFrame:
    """Predictions that stay: of photos that still count, by any version unless one is to score `again`."""
    known = REFUND_ITEM_PREDICTIONS.read(lake, night.isoformat())
    kept = known.join(photos, on=["sequence", "sha256"], how="semi")
    if again is None or again.source == FROM_PACKAGE:
        return kept
    return kept.filter(model_name=again.name, model_version=again.version)


def _answers(
    lake: Lake, night: date, hashes: pl.Series, report: PredictionsReport, progress: Callable[[str], None]
) -> pl.DataFrame:
    assert report.model is not None
    cache = photo_answers(lake, report.model.digest)
    known = cache.answers(hashes)["sha256"]
    unknown = hashes.filter(~hashes.is_in(known.implode()))
    paths = (lake.stored_file(sha256) for sha256 in unknown)
    frames = (_by_hash(frame) for frame in report.model.score(paths)) if len(unknown) else ()
    done = 0
    for photos in cache.keep(night, frames):
        done += photos
        progress(f"{night}: {done:,} of {len(unknown):,} photos scored.")
    cache.finish(night)
    report.scored += done
    report.reused += len(known)
    return cache.answers(hashes)


def photo_answers(lake: Lake, digest: str) -> PredictionCache:
    """What a model has answered about photos: nothing is ever scored twice."""
    return PredictionCache(lake, "refund_predictions", digest, ANSWER, BATCH_PHOTOS)


def _by_hash(frame: pl.DataFrame) -> pl.DataFrame:
    """Stored files are called by the hash of their bytes.

    That one cannot be opened or read, or that memory is short, is the platform's trouble and says nothing about
    the photo: it stays without an answer, and the next run tries again.
    """
    trouble = pl.col("error").str.contains("^(cannot_open|cannot_read|too_much_memory): ").fill_null(False)
    return frame.filter(~trouble).with_columns(sha256=pl.col("path").str.extract("([0-9a-f]{64})$"))


def _signed(rows: pl.DataFrame, model: Model) -> pl.DataFrame:
    return (
        rows.with_columns(
            model_name=pl.lit(model.name),
            model_version=pl.lit(model.version),
            model_source=pl.lit(model.source),
        )
        .select(REFUND_ITEM_PREDICTIONS.schema.names())
        .cast(dict(REFUND_ITEM_PREDICTIONS.schema))
    )
