"""`python -m ml.escalation`: train on return cases, score them, measure scores, or make up cases to try it with."""

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ml.arguments import positive, positive_number, seed
from ml.errors import ExplainedError
from ml.terminal import progress_bar, say

if TYPE_CHECKING:
    import polars as pl

    from ml.escalation.model import Model


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.escalation", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for add in (_train_parser, _score_parser, _evaluate_parser, _generate_parser):
        add(commands)
    words = sys.argv[1:] if arguments is None else arguments
    parsed = parser.parse_args(words, argparse.Namespace(words=words))
    try:
        return parsed.run(parsed)
    except (ExplainedError, OSError) as error:
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


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cases", type=Path, metavar="CASES.parquet", help="return cases")
    parser.add_argument("--events", type=Path, metavar="EVENTS.parquet", help="what happened to them")
    parser.add_argument(
        "--as-of",
        type=_instant,
        required=True,
        metavar="DATE",
        help="nothing later is read; a date is its first instant, a time without a zone is UTC",
    )


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date or time like 2026-11-20") from error


def _events(parsed: argparse.Namespace) -> "pl.DataFrame | None":
    from ml.escalation.events import read_events

    return None if parsed.events is None else read_events(parsed.events, _warn)


def _cases(path: Path, parsed: argparse.Namespace) -> "pl.DataFrame":
    from ml.escalation.cases import read_cases

    return read_cases(path, _warn, as_of=parsed.as_of)


def _warn(said: str) -> None:
    say(said, "yellow")


# train


def _train_parser(commands) -> None:
    parser = _command_parser(commands, "train", "train a model", run=_train)
    _add_inputs(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the model's folder")
    parser.add_argument("--seed", type=seed, default=0)
    parser.add_argument("--contract", type=int, default=2, help="version of the features; %(default)s")
    _add_label_days(parser)
    parser.add_argument("--about", metavar="TEXT", help="what the cases are, for the model card")


def _train(parsed: argparse.Namespace) -> int:
    """Learn from cases whose outcome is known: their column `escalated`, or else their events."""
    from ml.escalation.model import save_model
    from ml.escalation.model_card import card_of, write_model_card
    from ml.escalation.recipe import Recipe
    from ml.escalation.train import train

    recipe = Recipe(contract_version=parsed.contract)
    trained = train(
        _cases(parsed.cases, parsed),
        as_of=parsed.as_of,
        events=_events(parsed),
        seed=parsed.seed,
        recipe=recipe,
        window_days=parsed.label_days,
        report=say,
    )
    card = card_of(
        trained,
        as_of=parsed.as_of,
        seed=parsed.seed,
        recipe=recipe,
        command=_command(parsed.words),
        data={"name": parsed.cases.name, "about": parsed.about},
    )
    save_model(trained.model, card, parsed.out)
    write_model_card(parsed.out)
    for name, metrics in (trained.choice.metrics or {}).items():
        say(
            f"{name}: AUC {metrics['auc']:.3f}, Brier {metrics['brier']:.3f} (base rate "
            f"{metrics['brier_of_base_rate']:.3f}), calibration error {metrics['ece']:.3f} "
            f"on {metrics['cases']:,.0f} later cases."
        )
    say(f"Written to {parsed.out}.")
    return 0


def _command(words: list[str]) -> str:
    """What makes this model again; where somebody keeps cases and models is not part of it."""
    placeholders = {"--out": "MODEL", "--about": "TEXT"}
    shown = [
        placeholders.get(before) or (Path(word).name if Path(word).is_absolute() else word)
        for before, word in zip(["", *words], words, strict=False)
    ]
    return shlex.join(["python", "-m", "ml.escalation", *shown])


def _add_label_days(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--label-days",
        type=positive_number,
        default=14.0,
        help="days in which a case may escalate, where events tell; %(default)g",
    )


# score


def _score_parser(commands) -> None:
    parser = _command_parser(commands, "score", "score cases", run=_score)
    _add_inputs(parser)
    _add_model(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="SCORES.parquet")


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--history",
        type=Path,
        metavar="CASES.parquet",
        help="the cases known so far; default: those that the model learned from",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="DIR",
        help="the folder of a model; default: the one that comes with the code",
    )


def _score(parsed: argparse.Namespace) -> int:
    """One row per case: score, label and reasons."""
    from ml.escalation.score import write_scores

    cases = _cases(parsed.cases, parsed)
    with progress_bar() as progress:
        task = progress.add_task("cases", total=len(cases))

        def counted() -> Iterator["pl.DataFrame"]:
            for frame in _scores(parsed, _model(parsed), cases, _events(parsed)):
                progress.advance(task, len(frame))
                yield frame

        count = write_scores(counted(), parsed.out)
    say(f"{count:,} cases scored. Written to {parsed.out}.")
    return 0


def _model(parsed: argparse.Namespace) -> "Model":
    from ml.escalation.model import PACKAGED_MODEL, load_model

    return load_model(parsed.model or PACKAGED_MODEL)


def _scores(
    parsed: argparse.Namespace, model: "Model", cases: "pl.DataFrame", events: "pl.DataFrame | None"
) -> "Iterator[pl.DataFrame]":
    from ml.escalation.score import score_cases

    history = None if parsed.history is None else _cases(parsed.history, parsed)
    return score_cases(model, cases, as_of=parsed.as_of, history=history, events=events)


# evaluate


def _evaluate_parser(commands) -> None:
    parser = _command_parser(commands, "evaluate", "measure a model", run=_evaluate)
    _add_inputs(parser)
    _add_model(parser)
    _add_label_days(parser)
    parser.add_argument(
        "--review-share",
        type=_share,
        default=0.1,
        help="the part of cases that operations can look at; %(default)g",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="a folder for figures")


def _evaluate(parsed: argparse.Namespace) -> int:
    """Score cases and compare with their outcomes: ranking, calibration, slices, who is picked for review."""
    import polars as pl

    from ml.escalation.evaluate import evaluate
    from ml.escalation.labels import with_labels
    from ml.escalation.terminal import show_evaluation

    model, cases, events = _model(parsed), _cases(parsed.cases, parsed), _events(parsed)
    scores = pl.concat(_scores(parsed, model, cases, events))
    labelled = with_labels(cases, events, as_of=parsed.as_of, window_days=parsed.label_days)
    learned = labelled.drop_nulls("escalated").join(
        model.history.drop_nulls("escalated"), on="case_id", how="semi"
    )
    if len(learned):
        _warn(f"The model has learned from {len(learned):,} of these cases: figures flatter it.")
    evaluation = evaluate(scores, labelled, review_share=parsed.review_share)
    show_evaluation(evaluation)
    if parsed.out is not None:
        from ml.escalation.plots import write_figures

        write_figures(evaluation, parsed.out)
        say(f"Figures are in {parsed.out}.")
    return 0


# generate


def _generate_parser(commands) -> None:
    parser = _command_parser(commands, "generate", "make up cases", run=_generate)
    parser.add_argument("--seed", type=seed, default=7)
    parser.add_argument("--rows", type=positive, default=300)
    parser.add_argument(
        "--until",
        type=_instant,
        default=_instant("2026-11-20"),
        metavar="DATE",
        help="when the last was opened; %(default)s",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="CASES.parquet")
    parser.add_argument(
        "--events", type=Path, metavar="EVENTS.parquet", help="write what happened to them, too"
    )


def _generate(parsed: argparse.Namespace) -> int:
    """Cases by a mechanism that ml/escalation/generate.py writes down; they prove nothing about real ones."""
    from ml.escalation.generate import generate

    made = generate(parsed.rows, seed=parsed.seed, until=parsed.until)
    for frame, path in ((made.cases, parsed.out), (made.events, parsed.events)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            frame.write_parquet(path)
            say(f"{len(frame):,} rows written to {path}.")
    return 0


def _share(text: str) -> float:
    share = positive_number(text)
    if share > 1:
        raise argparse.ArgumentTypeError(f"{text!r} is more than 1")
    return share


if __name__ == "__main__":
    sys.exit(main())
