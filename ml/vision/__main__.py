"""`python -m ml.vision`: name the class of any photos, train a model, evaluate one."""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ml.arguments import positive, positive_number, seed
from ml.terminal import printable, progress_bar, say
from ml.vision.terminal import show_evaluations

if TYPE_CHECKING:
    import polars as pl

    from ml.vision.data import DatasetSpec
    from ml.vision.package import Classifier

_SKIPPED_NAMED = 20
REGISTRY = "sqlite:///data/mlflow/mlflow.db"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.vision", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for add in (_predict_parser, _train_parser, _evaluate_parser):
        add(commands)
    words = sys.argv[1:] if arguments is None else arguments
    parsed = parser.parse_args(words, argparse.Namespace(words=words))
    from ml.tracking.registry import RegistryUnreachable
    from ml.vision.data import DatasetError
    from ml.vision.models import NoPretrainedWeights, UnknownArchitecture
    from ml.vision.package import NotAModel
    from ml.vision.train import UnsuitableSize

    try:
        return parsed.run(parsed)
    except BrokenPipeError:  # whoever reads the rows has seen enough (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (
        DatasetError,
        NotAModel,
        NoPretrainedWeights,
        RegistryUnreachable,
        UnknownArchitecture,
        UnsuitableSize,
        OSError,
    ) as error:
        say(f"{type(error).__name__}: {error}", "red")
        return 1
    except KeyboardInterrupt:
        return 130


def _command_parser(
    commands, name: str, purpose: str, *, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=purpose, description=run.__doc__, allow_abbrev=False)
    parser.set_defaults(run=run)
    return parser


# predict


def _predict_parser(commands) -> None:
    parser = _command_parser(commands, "predict", "name the class of photos", run=_predict)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="photos, or folders of photos")
    parser.add_argument("--out", type=Path, metavar="FILE.parquet", help="write a table; default: print it")
    parser.add_argument("--batch-size", type=positive, default=32)
    parser.add_argument("--top-k", type=positive, default=3)
    _add_model_options(parser)


def _predict(parsed: argparse.Namespace) -> int:
    """One row per photo. A file that cannot be read has an error and never stops the rest."""
    from ml.vision.predict import find_photos, predict_files, write_predictions

    for path in parsed.paths:
        if not os.path.lexists(path):
            say(f"There is no {path}.", "yellow")
    skipped: list[Path] = []
    photos = list(find_photos(parsed.paths, skip=skipped.append))
    if skipped:
        more = f" and {len(skipped) - _SKIPPED_NAMED:,} more" if len(skipped) > _SKIPPED_NAMED else ""
        names = ", ".join(printable(str(path)) for path in skipped[:_SKIPPED_NAMED])
        say(f"Skipped {len(skipped):,} that begin like no photo: {names}{more}.", "yellow")
    if not photos:
        say("No photos found. Give photo files, or folders that hold some.", "red")
        return 1
    classifier = _model(parsed)
    frames = predict_files(photos, classifier=classifier, batch_size=parsed.batch_size, top_k=parsed.top_k)
    # Rows on the same terminal show the progress themselves.
    with progress_bar(shown=bool(parsed.out) or not sys.stdout.isatty()) as progress:
        task = progress.add_task("photos", total=len(photos))

        def counted() -> Iterator["pl.DataFrame"]:
            for frame in frames:
                progress.advance(task, len(frame))
                yield frame

        counts = write_predictions(counted(), parsed.out)
    say(
        f"{counts.photos} photos: {counts.reviews} need review, {counts.errors} could not be read. "
        f"Model {classifier.version}, {classifier.dtype}."
        + (f" Written to {parsed.out}." if parsed.out else "")
    )
    return 0 if counts.photos > counts.errors else 1


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", default="packaged", help="packaged (default), champion, or the folder of a model"
    )
    parser.add_argument(
        "--registry",
        metavar="URL",
        default=os.environ.get("MLFLOW_TRACKING_URI", REGISTRY),
        help=f"MLflow database with the champion; default: MLFLOW_TRACKING_URI, else {REGISTRY}",
    )


def _model(parsed: argparse.Namespace) -> "Classifier":
    from ml.vision.package import NAME, PACKAGED_MODEL, load_classifier

    if parsed.model == "packaged":
        return load_classifier(PACKAGED_MODEL)
    if parsed.model != "champion":
        return load_classifier(Path(parsed.model))
    from ml.tracking.champion import resolve_champion
    from ml.tracking.registry import Registry

    with tempfile.TemporaryDirectory() as folder:
        # Only what is registered is read; nothing is written to the registry's own folder of files.
        registry = Registry(url=parsed.registry, artifacts=Path(folder))
        champion = resolve_champion(registry, NAME, cache=Path(folder))
        return load_classifier(champion.folder, version=f"{NAME}/{champion.version}")


# train


def _train_parser(commands) -> None:
    parser = _command_parser(commands, "train", "train a model", run=_train)
    _add_dataset_options(parser)
    parser.add_argument("--out", type=Path, required=True, help="the model's folder")
    parser.add_argument("--seed", type=seed, default=0)
    parser.add_argument(
        "--architecture", default="efficientnet_lite0", help="default: %(default)s; or resnet18"
    )
    parser.add_argument(
        "--pretrained",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="start from ImageNet weights (default), or from scratch",
    )
    parser.add_argument(
        "--sizes", type=_sizes, help="input size of the epochs, as 48x64*7,72x96*4 (width x height * epochs)"
    )
    parser.add_argument("--learning-rate", type=positive_number)
    parser.add_argument("--batch-size", type=positive)
    parser.add_argument("--threads", type=positive, help="processor threads; default: all")


def _train(parsed: argparse.Namespace) -> int:
    """Train, calibrate and evaluate; the folder then holds weights, card and model card."""
    from dataclasses import replace
    from datetime import UTC, datetime

    from ml.vision.model_card import write_model_card
    from ml.vision.recipe import Recipe
    from ml.vision.train import EpochMetrics
    from ml.vision.training_pipeline import build_model

    options = {
        name: value
        for name in ("sizes", "learning_rate", "batch_size", "threads")
        if (value := getattr(parsed, name)) is not None
    }
    recipe = replace(Recipe.usual(parsed.architecture, pretrained=parsed.pretrained), **options)
    started = datetime.now(UTC)
    with progress_bar() as progress:
        task = progress.add_task("epochs", total=recipe.epochs)

        def report(one: EpochMetrics) -> None:
            progress.advance(task)
            say(
                f"epoch {one.epoch + 1}/{recipe.epochs} at {one.width}x{one.height}: loss {one.loss:.4f}, "
                f"{one.images} photos in {one.seconds:.0f} s"
            )

        built = build_model(
            _specs(parsed),
            recipe=recipe,
            seed=parsed.seed,
            folder=parsed.out,
            command=_command(parsed.words),
            trained_at=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            report=report,
        )
    write_model_card(built)
    if built.trained.unreadable:
        say(f"{built.trained.unreadable} photos could not be read; nothing was learned from them.", "yellow")
    show_evaluations(built.evaluations)
    return 0


def _command(words: list[str]) -> str:
    """What makes this model again; where somebody keeps data and models is not part of it."""
    import shlex

    folders = {"--data": "DATA", "--out": "MODEL"}
    shown = []
    for before, word in zip(["", *words], words, strict=False):
        option, equals, _ = word.partition("=")
        if before in folders:
            shown.append(folders[before])
        elif equals and option in folders:
            shown.append(f"{option}={folders[option]}")
        else:
            shown.append(Path(word).name if Path(word).is_absolute() else word)
    return shlex.join(["python", "-m", "ml.vision", *shown])


# evaluate


def _evaluate_parser(commands) -> None:
    parser = _command_parser(commands, "evaluate", "measure a model", run=_evaluate)
    _add_dataset_options(parser)
    parser.add_argument(
        "--split", help="only this split; default: all photos, or validation with a YAML file"
    )
    _add_model_options(parser)


def _evaluate(parsed: argparse.Namespace) -> int:
    """Accuracy, macro recall, calibration and slices of a model on labelled photos."""
    from ml.vision.data import VALIDATION, load_labelled
    from ml.vision.evaluate import evaluate

    split = parsed.split or (VALIDATION if _is_list(parsed.datasets) else None)
    sets = {
        spec.name: load_labelled(spec.path, split=split, labels=spec.labels, name=spec.name)
        for spec in _specs(parsed)
    }
    classifier = _model(parsed)
    with progress_bar() as progress:
        task = progress.add_task("photos", total=sum(map(len, sets.values())))
        evaluations = {
            name: evaluate(classifier, labelled, advance=lambda count: progress.advance(task, count))
            for name, labelled in sets.items()
        }
    show_evaluations(evaluations)
    return 0


def _add_dataset_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "datasets",
        type=Path,
        help="a YAML file that lists datasets (see ml/vision/fashion.yaml), or one dataset: a Parquet file, "
        "a folder per class, or images/ beside styles.csv",
    )
    parser.add_argument("--data", type=Path, help="the folder the paths in the YAML file are relative to")


def _is_list(datasets: Path) -> bool:
    return datasets.suffix in (".yaml", ".yml")


def _specs(parsed: argparse.Namespace) -> list["DatasetSpec"]:
    from ml.vision.data import DatasetSpec, read_training_set

    if _is_list(parsed.datasets):
        return read_training_set(parsed.datasets, folder=parsed.data)
    return [DatasetSpec(parsed.datasets, parsed.datasets.absolute().stem)]


def _sizes(text: str) -> tuple[tuple[int, int], ...]:
    sizes: list[tuple[int, int]] = []
    for part in text.split(","):
        found = re.fullmatch(r"(\d+)x(\d+)(?:\*(\d+))?", part)
        width, height, epochs = (int(number or 1) for number in found.groups()) if found else (0, 0, 0)
        if not width or not epochs or width * 4 != height * 3:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not like 48x64*7,72x96*4: sizes of three to four, as photos are prepared, and epochs"
            )
        sizes += [(width, height)] * epochs
    return tuple(sizes)


if __name__ == "__main__":
    sys.exit(main())
