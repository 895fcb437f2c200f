"""Learns from labelled cases: validates on later days, chooses how fast old cases fade, fits, recalibrates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from ml.errors import ExplainedError
from ml.escalation.calibrate import UNCHANGED, recalibration
from ml.escalation.cases import Report, silent
from ml.escalation.contract import Contract, contract
from ml.escalation.drift import SCORE, reference
from ml.escalation.evaluate import measure
from ml.escalation.events import up_to
from ml.escalation.features import case_features, instants
from ml.escalation.labels import WINDOW_DAYS, with_labels
from ml.escalation.linear import fit, sigmoid
from ml.escalation.model import HISTORY_SCHEMA, Model
from ml.escalation.recipe import Recipe
from ml.escalation.validation import FEWEST, Examples, Validated, validate


class NotEnoughCases(ExplainedError, ValueError):
    """Too few labelled cases to learn from."""


@dataclass(frozen=True)
class Choice:
    """What validation decided."""

    half_life_days: float | None
    recalibration: tuple[float, float] = UNCHANGED
    """Slope and offset of the logit."""
    metrics: Mapping[str, Mapping[str, float]] | None = None
    """champion and challenger -> metrics on days after those that they learned from; None where too few came."""
    losses: Mapping[str, float] | None = None
    """Half-life -> log loss on these days."""


@dataclass(frozen=True)
class Trained:
    """A model, and what was found out on the way."""

    model: Model
    choice: Choice
    labelled: int
    """Cases learned from; the other ones of the model's history count as earlier cases only."""


def train(
    cases: pl.DataFrame,
    *,
    as_of: datetime,
    events: pl.DataFrame | None = None,
    seed: int = 0,
    recipe: Recipe | None = None,
    window_days: float = WINDOW_DAYS,
    report: Report = silent,
) -> Trained:
    """Train on the normalised cases opened at or before `as_of`; the same input gives the same model.

    Raises NotEnoughCases.
    """
    from threadpoolctl import threadpool_limits

    recipe = recipe or Recipe()
    learned, events = contract(recipe.contract_version), up_to(events, as_of)
    known = with_labels(
        cases.filter(pl.col("created_at") <= as_of), events, as_of=as_of, window_days=window_days
    ).sort("created_at", "case_id")
    examples = _examples(known, events, learned)
    report(f"{len(known):,} cases until {as_of:%Y-%m-%d %H:%M} UTC, {len(examples):,} with a known outcome.")
    if not examples.suffice:
        escalated = int(examples.labels.sum())
        raise NotEnoughCases(
            f"{escalated:,} escalated and {len(examples) - escalated:,} other cases are too few to learn from; "
            f"it takes {FEWEST} of each."
        )
    # On one thread, sums come out the same on any number of cores; small as they are, more would only wait.
    with threadpool_limits(1):
        model, choice = _fitted(examples, known, learned, recipe, _microseconds(as_of), seed, report)
    return Trained(model, choice, labelled=len(examples))


def _examples(known: pl.DataFrame, events: pl.DataFrame | None, learned: Contract) -> Examples:
    told = known["escalated"].is_not_null()
    features = case_features(known, contract=learned, events=events)
    return Examples(features.filter(told), known.filter(told))


def _fitted(
    examples: Examples,
    known: pl.DataFrame,
    learned: Contract,
    recipe: Recipe,
    as_of: int,
    seed: int,
    report: Report,
) -> tuple[Model, Choice]:
    validated = validate(examples, learned, recipe, as_of=as_of, seed=seed, report=report)
    choice = Choice(recipe.usual_half_life) if validated is None else choose(validated, recipe)
    weights = examples.weights(choice.half_life_days)
    numbers = examples.numbers(learned, recipe, as_of=as_of, seed=seed)
    slope, offset = choice.recalibration
    linear = fit(numbers, examples.labels, weights, regularisation=recipe.regularisation).recalibrated(
        slope, offset
    )
    scores = pl.Series(SCORE, sigmoid(linear.logits(numbers)))
    report(f"Fitted with {named(choice.half_life_days)}; logit times {slope:.2f} plus {offset:.2f}.")
    model = Model(
        contract=learned,
        linear=linear,
        statistics=recipe.statistics,
        base_rate=float(np.average(examples.labels, weights=weights)),
        history=known.select(list(HISTORY_SCHEMA)),
        reference=reference(examples.features.select(*learned.names, scores)),
    )
    return model, choice


def choose(validated: Validated, recipe: Recipe) -> Choice:
    """The longest half-life within a standard error of the least loss (Breiman et al. 1984), and a recalibration."""
    losses = validated.losses()
    excess = losses - losses[:, [losses.mean(0).argmin()]]
    close = excess.mean(0) <= excess.std(0) / np.sqrt(len(excess))
    best = int(np.flatnonzero(close)[-1])
    logits, labels = validated.logits[:, best], validated.labels
    slope, offset = recalibration(logits, labels, validated.block)
    return Choice(
        recipe.half_lives[best],
        (slope, offset),
        metrics={
            "champion": measure(labels, sigmoid(slope * logits + offset)),
            "challenger": measure(labels, sigmoid(validated.challenger)),
        },
        losses=dict(zip(map(named, recipe.half_lives), losses.mean(0).tolist(), strict=True)),
    )


def named(half_life: float | None) -> str:
    return "no half-life" if half_life is None else f"a half-life of {half_life:g} days"


def _microseconds(at: datetime) -> int:
    return int(instants(pl.Series([at]))[0])
