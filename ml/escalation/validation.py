"""Rolling-origin validation: what trainings of earlier days would have said of the days that followed.

It decides how fast old cases are forgotten, whether the logit is recalibrated, and says how good the model is on cases
that it has not seen.
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass

import numpy as np
import polars as pl

from ml.escalation.cases import Report, silent
from ml.escalation.contract import Contract
from ml.escalation.features import instants
from ml.escalation.linear import fit, log_loss
from ml.escalation.recipe import Recipe
from ml.escalation.target_statistics import before_moment, encoded, out_of_fold, recency
from ml.escalation.timeline import DAY

FEWEST = 20
"""Cases of each outcome that a training needs."""


@dataclass(frozen=True)
class Examples:
    """Labelled cases as they are learned from."""

    features: pl.DataFrame
    """What `case_features` gives."""
    cases: pl.DataFrame
    """The same cases, normalised, with a known `escalated`."""

    def __len__(self) -> int:
        return len(self.cases)

    @property
    def labels(self) -> np.ndarray:
        """float64 [n], 0 or 1."""
        return self.cases["escalated"].cast(pl.Float64).to_numpy()

    @property
    def opened(self) -> np.ndarray:
        """int64 [n]: microseconds since 1970."""
        return instants(self.cases["created_at"])

    def weights(self, half_life_days: float | None) -> np.ndarray:
        """float64 [n]: what each case counts; the newest counts 1, however long ago it was opened."""
        return recency(self.opened.max() - self.opened, half_life_days)

    def where(self, rows: np.ndarray) -> "Examples":
        return Examples(self.features.filter(rows), self.cases.filter(rows))

    @property
    def suffice(self) -> bool:
        return min(self.labels.sum(), len(self) - self.labels.sum()) >= FEWEST

    def numbers(self, contract: Contract, recipe: Recipe, *, as_of: int, seed: int) -> np.ndarray:
        """float64 [n, features] to learn from, statistics out of fold; `as_of` is where ages are counted from."""
        folds = np.random.default_rng(seed).integers(0, recipe.folds, len(self))
        weights = recipe.statistics.weights(as_of - self.opened)
        statistics = out_of_fold(
            self.features, contract.categories, self.labels, weights, folds, recipe.statistics
        )
        return encoded(self.features, statistics, contract)

    def later_numbers(self, contract: Contract, recipe: Recipe, earlier: "Examples") -> np.ndarray:
        """float64 [n, features] as in scoring, after the `earlier` ones were learned from."""
        statistics = before_moment(
            self.features,
            contract.categories,
            earlier.cases,
            float(earlier.labels.mean()),
            recipe.statistics,
        )
        return encoded(self.features, statistics, contract)


@dataclass(frozen=True)
class Block:
    """Some days, and all that was known when the first of them began, but for the latest."""

    start: int
    earlier: Examples
    days: Examples


def blocks(examples: Examples, recipe: Recipe, as_of: int) -> Iterator[Block]:
    """The last days as blocks, the earliest first; a block that has too little before it is left out."""
    opened = examples.opened
    first = opened.min()
    length = int(np.clip((as_of - first) / 20, recipe.shortest_block * DAY, recipe.longest_block * DAY))
    end = int(opened.max()) + 1
    # As late as outcomes are known this time, they were known then.
    gap = max(recipe.gap_days * DAY, as_of - end)
    for number in range(recipe.blocks, 0, -1):
        start = end - number * length
        earlier = examples.where(opened < start - gap)
        days = examples.where((opened >= start) & (opened < start + length))
        if earlier.suffice and len(days):
            yield Block(start, earlier, days)


@dataclass(frozen=True)
class Validated:
    """What was said of cases not seen, in the order of time."""

    block: np.ndarray
    """int64 [n]: the number of the block, counted from the earliest."""
    labels: np.ndarray
    logits: np.ndarray
    """float64 [n, half-lives]."""
    challenger: np.ndarray
    """float64 [n]: logits of boosted trees that learned from the same."""

    def losses(self) -> np.ndarray:
        """float64 [n, half-lives]: log loss."""
        return log_loss(self.labels[:, None], self.logits)


def validate(
    examples: Examples,
    contract: Contract,
    recipe: Recipe,
    *,
    as_of: int,
    seed: int,
    report: Report = silent,
) -> Validated | None:
    """Learn from what came before each block and judge the block, once per half-life; None without any block."""
    parts = []
    for number, block in enumerate(blocks(examples, recipe, as_of)):
        numbers = block.earlier.numbers(contract, recipe, as_of=block.start, seed=seed)
        later = block.days.later_numbers(contract, recipe, block.earlier)
        fitted = [
            fit(
                numbers,
                block.earlier.labels,
                block.earlier.weights(half_life),
                regularisation=recipe.regularisation,
            )
            for half_life in recipe.half_lives
        ]
        parts.append(
            Validated(
                block=np.full(len(later), number),
                labels=block.days.labels,
                logits=np.column_stack([one.logits(later) for one in fitted]),
                challenger=_boosted(
                    numbers, block.earlier.labels, block.earlier.weights(recipe.usual_half_life), later, seed
                ),
            )
        )
        report(f"Validated on {len(later):,} cases after {len(numbers):,} earlier ones.")
    return Validated(*map(np.concatenate, zip(*map(astuple, parts), strict=True))) if parts else None


def _boosted(
    numbers: np.ndarray, labels: np.ndarray, weights: np.ndarray, later: np.ndarray, seed: int
) -> np.ndarray:
    """float64 [n]: the logits of boosted trees for the later numbers."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    trees = HistGradientBoostingClassifier(
        max_iter=50, max_leaf_nodes=8, min_samples_leaf=50, l2_regularization=5.0, random_state=seed
    )
    known = ~np.isnan(numbers).all(0)
    return trees.fit(numbers[:, known], labels, sample_weight=weights).decision_function(later[:, known])
