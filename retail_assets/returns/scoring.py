"""Tells the risk of return cases: of those that are new, or of which something changed that their risk is told from.

What they were judged by, their features, is kept beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from ml.escalation.contract import contract
from ml.escalation.features import case_features
from ml.escalation.model import NAME, Model, NotAModel, load_model
from ml.escalation.placeholder import placeholder_scores
from ml.escalation.score import score_features
from retail_assets.kit.findings import Finding
from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake, file_lock
from retail_assets.models.resolve import NoModel, resolve_model
from retail_assets.platform import Platform
from retail_assets.returns.known_cases import TOLD_FROM, KnownCases, known_cases, states_of_cases
from retail_assets.returns.tables import ESCALATION_SCORES, RETURN_CASE_FEATURES

PLACEHOLDER = "placeholder"
"""The model_source of the fixed rule."""

_LOCK = "returns"
TELLING = ("case_id", "scored_at")
"""What names one telling of a case's risk."""


@dataclass(frozen=True)
class Scorer:
    """What scores in a run; a run has one."""

    source: str
    model: Model | None
    """None where only the fixed rule is left."""
    why: str | None = None
    """Why it is not the champion."""

    def scores(self, cases: pl.DataFrame, features: pl.DataFrame, known: KnownCases) -> pl.DataFrame:
        """The scores of some of the known cases; `features` are theirs by the current contract."""
        if self.model is None:
            return placeholder_scores(cases, as_of=known.as_of, history=known.cases, events=known.events)
        its_contract = self.model.contract
        if its_contract != contract():
            features = case_features(cases, contract=its_contract, known=known.cases, events=known.events)
        labelled = known.cases if known.cases["escalated"].count() else self.model.history
        # No outcome of the cases that are told is read. So that a night which tells very many still reads those of
        # the past, cases that have none yet are told apart.
        has_outcome = pl.col("case_id").is_in(cases.drop_nulls("escalated")["case_id"].implode())
        return pl.concat(
            scores
            for part in (features.filter(~has_outcome), features.filter(has_outcome))
            for scores in score_features(self.model, part, labelled=labelled, as_of=known.as_of)
        )


@dataclass(frozen=True)
class ScoringReport:
    """What a night told."""

    told: pl.DataFrame
    """The rows that were added to escalation_scores."""
    unchanged: int
    scorer: Scorer | None
    """None where nothing was to be told."""

    @property
    def scored(self) -> int:
        return self.told.height

    @property
    def labels(self) -> dict[str, int]:
        return dict(self.told["label"].value_counts().sort("label").iter_rows())


def scorer_of(platform: Platform) -> Scorer:
    """The champion, or the model that comes with the code, or the fixed rule."""
    try:
        resolved = resolve_model(
            platform.settings,
            platform.models[NAME],
            lambda folder, version: load_model(folder, version=version),
            unusable=NotAModel,
        )
    except (NoModel, NotAModel) as error:
        return Scorer(PLACEHOLDER, None, str(error))
    return Scorer(resolved.source, resolved.loaded, resolved.why_packaged)


def score_night(
    platform: Platform, *, night: date, now: datetime, resolve: Callable[[Platform], Scorer] = scorer_of
) -> ScoringReport:
    """Add to the night's parts of escalation_scores and return_case_features. What was told stays; told again is what
    changed since."""
    lake, part = platform.lake, night.isoformat()
    with file_lock(lake.lock_file(_LOCK)):
        states = states_of_cases(platform)
        due = states.join(_told(lake), on=TOLD_FROM, how="anti")
        if due.is_empty():
            return ScoringReport(ESCALATION_SCORES.empty(), states.height, None)
        scorer = resolve(platform)
        known = known_cases(platform, as_of=now.astimezone(UTC))
        features, scores = (
            frame.with_columns(scored_on=pl.lit(night)) for frame in _told_now(scorer, known, due)
        )
        before = ESCALATION_SCORES.read(lake, part)
        # Features first: a risk is told when it stands in escalation_scores. What a killed run left is made again.
        kept = RETURN_CASE_FEATURES.read(lake, part).join(before, on=TELLING, how="semi")
        _write(RETURN_CASE_FEATURES, lake, part, kept, features)
        _write(ESCALATION_SCORES, lake, part, before, scores)
    return ScoringReport(scores, states.height - scores.height, scorer)


def the_champion_scored(report: ScoringReport) -> Finding:
    """Whether the risks of a night were told by the champion."""
    if report.scorer is None or report.scorer.why is None:
        return Finding(True, {"scored": report.scored})
    return Finding(
        False,
        {"scored": report.scored, "model_source": report.scorer.source},
        f"{report.scorer.why} Their rows say model_source = {report.scorer.source}; they stay as they are told until "
        "something changes in the case.",
    )


def _told(lake: Lake) -> pl.DataFrame:
    """What was told last of each case: of one that is again as it once was, that is something else."""
    parts = ESCALATION_SCORES.parts(lake)
    told = pl.concat(pl.read_parquet(part, columns=[*TOLD_FROM, "scored_at"], glob=False) for part in parts)
    return told.sort("scored_at", "scored_moment").unique("case_id", keep="last", maintain_order=True)


def _told_now(scorer: Scorer, known: KnownCases, due: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Features and scores of the cases that are due."""
    cases = known.cases.join(due, on="case_id", how="semi")
    features = case_features(cases, contract=contract(), known=known.cases, events=known.events)
    scores = scorer.scores(cases, features, known).join(due, on="case_id", how="inner")
    judged_by = features.join(scores.select(*TOLD_FROM, "scored_at"), on="case_id", how="inner")
    return (
        judged_by.with_columns(
            contract_version=pl.lit(contract().version), contract_hash=pl.lit(contract().hash)
        ),
        scores.with_columns(model_name=pl.lit(NAME), model_source=pl.lit(scorer.source)),
    )


def _write(table: LakeTable, lake: Lake, part: str, before: pl.DataFrame, rows: pl.DataFrame) -> None:
    """Rows that an older contract made may lack columns of today's."""
    typed = rows.select(table.schema.names()).cast(dict(table.schema))
    both = pl.concat([table.empty(), before, typed], how="diagonal_relaxed")
    table.write(lake, part, both.sort(*TELLING))
