"""Predictions for files: one row per photo, whatever it is."""

import uuid
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ml.terminal import printable
from ml.vision.data import PHOTO_SUFFIXES
from ml.vision.image_files import (
    DEFAULT_LIMITS,
    HEADER_BYTES,
    ImageLimits,
    UnreadableImage,
    detected_format,
    read_some,
    stream_of,
)
from ml.vision.scoring import BATCH_PHOTOS, ScoredBatch, scored_batches

if TYPE_CHECKING:
    from ml.vision.package import Classifier

SCHEMA = {
    "path": pl.String,
    "predicted_class": pl.String,
    "confidence": pl.Float32,
    "top_k": pl.List(pl.Struct({"class": pl.String, "confidence": pl.Float32})),
    "entropy": pl.Float32,
    "needs_review": pl.Boolean,
    "model_version": pl.String,
    "error": pl.String,
}


def predict_files(
    paths: Iterable[Path],
    *,
    classifier: "Classifier",
    batch_size: int = BATCH_PHOTOS,
    top_k: int = 3,
    limits: ImageLimits = DEFAULT_LIMITS,
) -> Iterator[pl.DataFrame]:
    """One frame per batch, photos in their order; memory does not grow with their number.

    Columns are those of SCHEMA: `top_k` the most probable classes, best first; `entropy` of all probabilities in
    nats; `needs_review` when the confidence is below the model's threshold. A photo that cannot be read has
    `error` ("reason: sentence") and no prediction.
    """
    for batch in scored_batches(classifier, paths, batch_size=batch_size, limits=limits):
        yield _frame(batch, classifier, top_k)


def find_photos(
    paths: Iterable[Path], *, skip: Callable[[Path], object] = lambda path: None
) -> Iterator[Path]:
    """The files given, and those in the folders given (and their folders) that are called like photos or begin like
    one, sorted; `skip` is told the others.

    Each once, however often it or its folders are given. Links to files are followed, links to folders are not.
    """
    seen = set()
    for path in paths:
        found = [path]
        if _is_folder(path):
            found = sorted(one for one in path.rglob("*") if not _is_folder(one))
        for photo in found:
            if (place := photo.absolute()) not in seen:
                seen.add(place)
                if photo is path or photo.suffix.lower() in PHOTO_SUFFIXES or _begins_like_a_photo(photo):
                    yield photo
                else:
                    skip(photo)


def _begins_like_a_photo(path: Path) -> bool:
    try:
        with stream_of(path, DEFAULT_LIMITS) as stream:
            detected_format(read_some(stream, HEADER_BYTES))
    except UnreadableImage:
        return False
    return True


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # too long a name, or behind a folder that may not be read: a photo with an error
        return False


def _frame(batch: ScoredBatch, classifier: "Classifier", top_k: int) -> pl.DataFrame:
    readable = np.array([error is None for error in batch.errors], bool)
    probabilities = np.nan_to_num(batch.probabilities)
    classes = np.array(classifier.classes)
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, : max(1, top_k)]
    ranked = np.take_along_axis(probabilities, best, axis=1)
    places = np.repeat(np.arange(len(readable)), best.shape[1])
    top = (
        pl.DataFrame({"row": places, "class": classes[best.ravel()], "confidence": ranked.ravel()})
        .group_by("row", maintain_order=True)
        .agg(top_k=pl.struct("class", "confidence"))
    )
    logs = np.log(np.maximum(probabilities, 1e-12))
    table = pl.DataFrame(
        {
            "path": [_text(image) for image in batch.images],
            "predicted_class": classes[best[:, 0]],
            "confidence": ranked[:, 0],
            "top_k": top["top_k"],
            "entropy": -(probabilities * logs).sum(1),
            "needs_review": ranked[:, 0] < classifier.review_threshold,
            "model_version": classifier.version,
            "error": [_text(error) if error else None for error in batch.errors],
        }
    ).cast(SCHEMA)  # ty: ignore[invalid-argument-type]
    predicted = ["predicted_class", "confidence", "top_k", "entropy", "needs_review"]
    return table.with_columns(
        pl.when(pl.Series(readable)).then(pl.col(name)).alias(name) for name in predicted
    )


def _text(value: object) -> str:
    """As UTF-8 can hold it: the bytes of a file's name may be anything."""
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@dataclass(frozen=True)
class Counts:
    """What became of the photos of a run."""

    photos: int
    reviews: int
    errors: int


def write_predictions(frames: Iterable[pl.DataFrame], out: Path | None) -> Counts:
    """Write frames to a Parquet file as they come (put in place whole at the end, or not at all), or print them."""
    photos = reviews = errors = 0
    with _parquet(out) if out else nullcontext(_print) as write:
        for frame in frames:
            photos += len(frame)
            reviews += int(frame["needs_review"].sum())
            errors += len(frame) - frame["error"].null_count()
            write(frame)
    return Counts(photos, reviews, errors)


@contextmanager
def _parquet(out: Path) -> Generator[Callable[[pl.DataFrame], None]]:
    """Writes frames to a file that gets its name when the block ends well."""
    import pyarrow.parquet as pq

    if out.is_dir():
        raise IsADirectoryError(f"{out} is a folder; name a file in it.")
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f".{uuid.uuid4().hex}.part")
    try:
        schema = pl.DataFrame(schema=SCHEMA).to_arrow().schema
        with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
            yield lambda frame: writer.write_table(frame.to_arrow())
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)


def _print(frame: pl.DataFrame) -> None:
    columns = frame.select("path", "predicted_class", "confidence", "error")
    lines = [
        f"{printable(path)}\t{name}\t{confidence:.3f}"
        if error is None
        else f"{printable(path)}\t\t\t{printable(error)}"
        for path, name, confidence, error in columns.iter_rows()
    ]
    print("\n".join(lines), flush=True)  # seen as they come, through a pipe too
