"""`python -m ml.vision`: name the class of any photos, train a model, evaluate one."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    import polars as pl

    from ml.vision.evaluate import Evaluation
    from ml.vision.package import Classifier

CONSOLE = Console(stderr=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.vision", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for add in (_predict_parser, _train_parser, _evaluate_parser):
        add(commands)
    parsed = parser.parse_args(arguments)
    from ml.tracking.registry import RegistryUnreachable
    from ml.vision.data import DatasetError
    from ml.vision.models import NoPretrainedWeights, UnknownArchitecture
    from ml.vision.package import NotAModel

    try:
        return parsed.run(parsed)
    except (DatasetError, NotAModel, NoPretrainedWeights, RegistryUnreachable, UnknownArchitecture) as error:
        CONSOLE.print(f"[red]{type(error).__name__}[/red]: {error}", highlight=False)
        return 1
    except KeyboardInterrupt:
        return 130


# predict


def _predict_parser(commands) -> None:
    parser = commands.add_parser("predict", help="name the class of photos", description=_predict.__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="photos, or folders of photos")
    parser.add_argument("--out", type=Path, metavar="FILE.parquet", help="write a table; default: print it")
    parser.add_argument("--batch-size", type=_positive, default=256)
    parser.add_argument("--top-k", type=_positive, default=3)
    _add_model_options(parser)
    parser.set_defaults(run=_predict)


def _predict(parsed: argparse.Namespace) -> int:
    """One row per photo. A file that cannot be read has an error and never stops the rest."""
    from ml.vision.predict import find_photos, predict_files, write_predictions

    missing = [path for path in parsed.paths if not path.exists() and not path.is_symlink()]
    for path in missing:
        CONSOLE.print(f"[yellow]There is no {path}.[/yellow]", highlight=False)
    photos = list(find_photos(parsed.paths))
    if not photos:
        CONSOLE.print("[red]No photos found.[/red] Give photo files, or folders that hold some.")
        return 1
    classifier = _model(parsed)
    frames = predict_files(photos, classifier=classifier, batch_size=parsed.batch_size, top_k=parsed.top_k)
    with _progress() as progress:
        task = progress.add_task("photos", total=len(photos))

        def counted() -> Iterator["pl.DataFrame"]:
            for frame in frames:
                progress.advance(task, len(frame))
                yield frame

        counts = write_predictions(counted(), parsed.out)
    CONSOLE.print(
        f"{counts.photos} photos: {counts.reviews} need review, {counts.errors} could not be read. "
        f"Model {classifier.version}, {classifier.dtype}."
        + (f" Written to {parsed.out}." if parsed.out else ""),
        highlight=False,
    )
    return 0 if counts.photos > counts.errors else 1


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", default="packaged", help="packaged (default), champion, or the folder of a model"
    )
    parser.add_argument(
        "--registry",
        metavar="URL",
        default=os.environ.get("MLFLOW_TRACKING_URI", "sqlite:///data/mlflow/mlflow.db"),
        help="MLflow database with the champion; default: MLFLOW_TRACKING_URI, else %(default)s",
    )


def _model(parsed: argparse.Namespace) -> "Classifier":
    from ml.vision.package import NAME, PACKAGED, load_classifier

    if parsed.model == "packaged":
        return load_classifier(PACKAGED)
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
    parser = commands.add_parser("train", help="train a model", description=_train.__doc__)
    parser.add_argument(
        "datasets",
        type=Path,
        help="a YAML file that lists datasets (see ml/vision/fashion.yaml), or one dataset",
    )
    parser.add_argument("--data", type=Path, help="the folder the paths in the YAML file are relative to")
    parser.add_argument("--out", type=Path, required=True, help="the model's folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--architecture", default="resnet18")
    parser.add_argument("--pretrained", action="store_true", help="start from ImageNet weights")
    parser.add_argument(
        "--sizes", type=_sizes, help="input size of the epochs, as 48x64*7,72x96*4 (width x height * epochs)"
    )
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--batch-size", type=_positive)
    parser.add_argument("--threads", type=_positive, help="processor threads; default: all")
    parser.set_defaults(run=_train)


def _train(parsed: argparse.Namespace) -> int:
    """Train, calibrate and evaluate; the folder then holds weights, card and model card."""
    from dataclasses import replace
    from datetime import UTC, datetime

    from ml.vision.building import build_model
    from ml.vision.data import DatasetSpec, read_training_set
    from ml.vision.model_card import write_model_card
    from ml.vision.train import Recipe

    if parsed.datasets.suffix in (".yaml", ".yml"):
        specs = read_training_set(parsed.datasets, folder=parsed.data)
    else:
        specs = [DatasetSpec(parsed.datasets, parsed.datasets.stem)]
    options = {
        name: value
        for name in ("architecture", "pretrained", "sizes", "learning_rate", "batch_size", "threads")
        if (value := getattr(parsed, name))
    }
    recipe = replace(Recipe(), **options)
    started = datetime.now(UTC)
    built = build_model(
        specs,
        recipe=recipe,
        seed=parsed.seed,
        folder=parsed.out,
        command=_command(),
        trained_at=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        report=lambda one: CONSOLE.print(
            f"epoch {one.epoch + 1}/{recipe.epochs} at {one.width}x{one.height}: loss {one.loss:.4f}, "
            f"{one.images} photos in {one.seconds:.0f} s",
            highlight=False,
        ),
    )
    write_model_card(built)
    _show(built.evaluations)
    return 0


def _command() -> str:
    """What makes this model again; where somebody keeps data and models is not part of it."""
    import shlex

    folders = {"--data": "DATA", "--out": "MODEL"}
    words = sys.argv[1:]
    words = [folders.get(before, word) for before, word in zip(["", *words], words, strict=False)]
    return shlex.join(["python", "-m", "ml.vision", *words])


# evaluate


def _evaluate_parser(commands) -> None:
    parser = commands.add_parser("evaluate", help="measure a model", description=_evaluate.__doc__)
    parser.add_argument("datasets", type=Path, help="a YAML file that lists datasets, or one dataset")
    parser.add_argument("--data", type=Path, help="the folder the paths in the YAML file are relative to")
    parser.add_argument("--split", help="only this split of Parquet datasets (with a YAML file: validation)")
    _add_model_options(parser)
    parser.set_defaults(run=_evaluate)


def _evaluate(parsed: argparse.Namespace) -> int:
    """Accuracy, macro recall, calibration and slices of a model on labelled photos."""
    from ml.vision.building import VALIDATION
    from ml.vision.data import DatasetSpec, load_labelled, read_training_set
    from ml.vision.evaluate import evaluate

    listed = parsed.datasets.suffix in (".yaml", ".yml")
    specs = (
        read_training_set(parsed.datasets, folder=parsed.data)
        if listed
        else [DatasetSpec(parsed.datasets, parsed.datasets.stem)]
    )
    split = parsed.split or (VALIDATION if listed else None)
    classifier = _model(parsed)
    _show(
        {
            spec.name: evaluate(
                classifier, load_labelled(spec.path, split=split, labels=spec.labels, name=spec.name)
            )
            for spec in specs
        }
    )
    return 0


def _show(evaluations: dict[str, "Evaluation"]) -> None:
    names = list(dict.fromkeys(name for one in evaluations.values() for name in one.metrics))
    table = Table("metric", *evaluations)
    for name in names:
        values = [one.metrics.get(name, float("nan")) for one in evaluations.values()]
        table.add_row(
            name, *(f"{value:,.0f}" if name.startswith("photos") else f"{value:.4f}" for value in values)
        )
    Console().print(table)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=CONSOLE, transient=True)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not positive")
    return number


def _sizes(text: str) -> tuple[tuple[int, int], ...]:
    try:
        sizes = []
        for part in text.split(","):
            size, _, epochs = part.partition("*")
            width, height = size.split("x")
            sizes += [(int(width), int(height))] * int(epochs or 1)
        return tuple(sizes)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 48x64*7,72x96*4") from None


if __name__ == "__main__":
    sys.exit(main())
