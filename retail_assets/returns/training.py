"""How a model of the escalation risk is trained on the platform's own cases, and judged by those that it has not seen.

What escalates changes from week to week, so the model that scores has learned from everything, the newest cases too.
These are also what judges it (the holdout), and how well a model tells what it has learned proves nothing. So the same
recipe is trained again as of the first instant of each week of the holdout, on what was known then. These backtests lie
in the model's folder, and each week is told by the newest of its models that was trained before it began.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import polars as pl

from ml.errors import ExplainedError
from ml.escalation.evaluate import evaluate
from ml.escalation.model import Model, NotAModel, load_model, read_card, save_model
from ml.escalation.model_card import card_of, write_model_card
from ml.escalation.recipe import Recipe
from ml.escalation.score import score_cases
from ml.escalation.train import NotEnoughCases, train
from retail_assets.intake.ledger import newest_night
from retail_assets.models.spec import Holdout, Measured, Progress
from retail_assets.platform import Platform
from retail_assets.returns.known_cases import KnownCases, known_cases, merchant_regions
from retail_assets.returns.settings import ReturnSettings
from retail_assets.warehouse.errors import NoWarehouse

BACKTESTS = "backtests"
"""The folder within a model's folder; a model for each day as of which it was trained."""
NAIVE_AUC = 0.5
"""Of giving every case the base rate."""
ALWAYS = datetime.min.replace(tzinfo=UTC)
_WEEK = timedelta(days=7)


class NoOutcomes(ExplainedError):
    """No case has a known outcome yet."""


@dataclass(frozen=True)
class LabelledCases:
    """What there is to learn from and to be judged by, as the newest night has it."""

    known: KnownCases
    holdout_days: int

    @property
    def labelled(self) -> pl.DataFrame:
        return self.known.cases.filter(pl.col("escalated").is_not_null())

    @cached_property
    def holdout_start(self) -> datetime:
        """The first instant (UTC) of the newest days of labelled cases. Raises NoOutcomes."""
        newest = self.labelled["created_at"].max()
        if not isinstance(newest, datetime):
            raise NoOutcomes(
                f"Of {self.known.cases.height:,} return cases none has a known outcome yet: it takes "
                f"{self.known.label_days:g} days from the opening of a case (RETAIL_RETURN_LABEL_DAYS)."
            )
        day = newest.replace(hour=0, minute=0, second=0, microsecond=0)
        return day - timedelta(days=self.holdout_days - 1)

    @cached_property
    def holdout(self) -> pl.DataFrame:
        return self.labelled.filter(pl.col("created_at") >= self.holdout_start)

    def weeks(self) -> Iterator[tuple[datetime, pl.DataFrame]]:
        """The first instant of each week of the holdout, and its cases."""
        opened = pl.col("created_at")
        for days in range(0, self.holdout_days, _WEEK.days):
            start = self.holdout_start + timedelta(days=days)
            yield start, self.holdout.filter((opened >= start) & (opened < start + _WEEK))


def labelled_cases(platform: Platform) -> LabelledCases:
    """The cases and outcomes as they stood in the newest night. Raises NoWarehouse."""
    night = newest_night(platform.settings)
    if night is None:
        raise NoWarehouse("No night has run yet, so there are no return cases: run `make nightly`.")
    known = known_cases(platform, as_of=night[1].astimezone(UTC))
    regions = known.cases.drop("region").join(
        merchant_regions(platform), on="merchant_id", how="left", maintain_order="left"
    )
    holdout_days = platform.settings_of(ReturnSettings).return_holdout_days
    return LabelledCases(replace(known, cases=regions), holdout_days)


def summary(cases: LabelledCases) -> pl.DataFrame:
    """Cases by what they are used for and by their outcome."""
    opened = pl.col("created_at")
    used_for = (
        pl.when(pl.col("escalated").is_null())
        .then(pl.lit("not known yet"))
        .when(opened >= cases.holdout_start)
        .then(pl.lit("newest: the holdout"))
        .otherwise(pl.lit("older"))
    )
    return (
        cases.known.cases.group_by(used_for.alias("outcome"), "escalated")
        .agg(cases=pl.len(), first=opened.min(), last=opened.max())
        .sort("first", "escalated")
    )


def train_model(
    cases: LabelledCases, folder: Path, *, recipe: Recipe, seed: int, command: str, progress: Progress
) -> None:
    """Write the model's folder with its backtests. Raises NotEnoughCases."""

    def write(as_of: datetime, target: Path) -> None:
        trained = train(
            cases.known.unlabelled,
            as_of=as_of,
            events=cases.known.events,
            seed=seed,
            recipe=recipe,
            window_days=cases.known.label_days,
            report=progress,
        )
        data = {"name": "return_cases", "about": None}
        card = card_of(trained, as_of=as_of, seed=seed, recipe=recipe, command=command, data=data)
        save_model(trained.model, card, target)
        write_model_card(target)

    write(cases.known.as_of, folder)
    for start, _ in cases.weeks():
        try:
            write(start, folder / BACKTESTS / f"{start:%Y-%m-%d}")
        except NotEnoughCases as error:
            progress(f"Nothing can say how good this model would have been from {start:%Y-%m-%d} on: {error}")


def holdout(cases: LabelledCases, *, review_share: float) -> Holdout:
    """The newest cases with a known outcome; operations can look at a share of them. Raises NoOutcomes."""
    held = cases.holdout.sort("case_id").select("case_id", "created_at", "escalated")
    escalated = int(held["escalated"].sum())
    return Holdout(
        digest=hashlib.sha256(held.write_csv().encode()).hexdigest(),
        evidence={"escalated": escalated, "not_escalated": held.height - escalated},
        evaluate=lambda folder, version: _evaluate(cases, folder, version, review_share),
    )


def _evaluate(cases: LabelledCases, folder: Path, version: str, review_share: float) -> Measured:
    """What the models of a folder would have told of the holdout, each week with the outcomes known when it began."""
    from ml.escalation.plots import reasons_figure, reliability_figure, roc_figure

    naive, known, models = {"naive_auc": NAIVE_AUC}, cases.known, _models(folder, cases, version)
    told = []
    for start, week in cases.weeks():
        model = next((model for trained_at, model in models if trained_at <= start), None)
        if week.is_empty():
            continue
        if model is None:
            why = pl.DataFrame(
                {"from": [start], "why": ["No model of this version was trained before this week."]}
            )
            return Measured(naive, tables={"not_judged": why}, unusable=cases.holdout.height)
        then = known.labelled_as_of(start)
        told += score_cases(model, week, as_of=known.as_of, history=then, events=known.events)
    found = evaluate(pl.concat(told), cases.holdout, review_share=review_share)
    return Measured(
        metrics={**found.metrics, **naive},
        figures={
            "reliability": reliability_figure(found),
            "roc": roc_figure(found),
            "reasons": reasons_figure(found.reasons),
        },
        tables={"slices": found.slices, "fairness": found.fairness, "reason_frequency": found.reasons},
    )


def _models(folder: Path, cases: LabelledCases, version: str) -> list[tuple[datetime, Model]]:
    """The model and its backtests with the instant as of which each was trained, the newest first. One that learned
    from none of these cases, the packaged one say, may tell of any. One of another feature contract tells nothing."""
    found = []
    for place in (folder, *(folder / BACKTESTS).glob("*")):
        try:
            model = load_model(place, version=version)
        except NotAModel:
            continue
        learned = model.history.drop_nulls("escalated")
        is_foreign = learned.join(cases.known.cases, on="case_id", how="semi").is_empty()
        trained_at = datetime.fromisoformat(read_card(place)["trained_at"])
        found.append((ALWAYS if is_foreign else trained_at, model))
    return sorted(found, key=lambda one: one[0], reverse=True)
