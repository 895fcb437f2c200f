"""Tells the risk of return cases: of those that are new, or of which something changed that their risk is told from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from ml.escalation.cases import normalised
from ml.escalation.events import normalised_events
from ml.escalation.labels import with_labels
from ml.escalation.model import NAME, Model, NotAModel, load_model
from ml.escalation.placeholder import placeholder_scores
from ml.escalation.score import score_cases
from retail_assets.kit.findings import Finding
from retail_assets.lake import Lake, file_lock
from retail_assets.models.resolve import NoModel, resolve_model
from retail_assets.platform import Platform
from retail_assets.returns.tables import ESCALATION_SCORES
from retail_assets.warehouse.reading import read_mart

PLACEHOLDER = "placeholder"
"""The model_source of the fixed rule."""

_LOCK = "returns"
_CASES = (
    "case_id", "created_at", "merchant_id", "store_id", "product_id", "item_category", "return_reason", "assigned_to",
    "customer_id", "priority", "channel", "customer_message", "order_value", "delivery_date", "photo_disagrees",
    "scored_moment", "inputs_digest",
)  # fmt: skip
_HISTORY = ("entry_id", "case_id", "happened_at", "type", "actor_role", "value", "broken_rule")
_TOLD_FROM = ("case_id", "scored_moment", "inputs_digest")


@dataclass(frozen=True)
class Scorer:
    """What scores in a run; a run has one."""

    source: str
    model: Model | None
    """None where only the fixed rule is left."""
    why: str | None = None
    """Why it is not the champion."""

    def scores(
        self, cases: pl.DataFrame, *, known: pl.DataFrame, events: pl.DataFrame, as_of: datetime
    ) -> pl.DataFrame:
        if self.model is None:
            return placeholder_scores(cases, as_of=as_of, history=known, events=events)
        return pl.concat(score_cases(self.model, cases, as_of=as_of, history=known, events=events))


@dataclass(frozen=True)
class ScoringReport:
    """What a night told."""

    scored: int
    unchanged: int
    scorer: Scorer | None
    """None where nothing was to be told."""
    labels: dict[str, int]


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
    """Add to the night's part of escalation_scores. What was told stays; told again is what changed since."""
    lake = platform.lake
    with file_lock(lake.lock_file(_LOCK)):
        cases = _in_utc(read_mart(platform, "return_cases", *_CASES))
        due = cases.join(_told(lake), on=_TOLD_FROM, how="anti")
        if due.is_empty():
            return ScoringReport(0, cases.height, None, {})
        scorer = resolve(platform)
        rows = _scored(platform, scorer, cases, due, as_of=now.astimezone(UTC)).with_columns(
            scored_on=pl.lit(night)
        )
        part = pl.concat([ESCALATION_SCORES.read(lake, night.isoformat()), _typed(rows)])
        ESCALATION_SCORES.write(lake, night.isoformat(), part.sort("case_id", "scored_at"))
    labels = dict(rows["label"].value_counts().sort("label").iter_rows())
    return ScoringReport(rows.height, cases.height - rows.height, scorer, labels)


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
    """What all nights told."""
    parts = sorted(lake.table_folder(ESCALATION_SCORES.name).glob("*.parquet"))
    return pl.concat(pl.read_parquet(part, columns=list(_TOLD_FROM), glob=False) for part in parts)


def _in_utc(mart: pl.DataFrame) -> pl.DataFrame:
    """Marts come in the retailer's zone."""
    return mart.with_columns(pl.selectors.datetime(time_zone="*").dt.convert_time_zone("UTC"))


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(ESCALATION_SCORES.schema.names()).cast(dict(ESCALATION_SCORES.schema))


def _scored(
    platform: Platform, scorer: Scorer, cases: pl.DataFrame, due: pl.DataFrame, *, as_of: datetime
) -> pl.DataFrame:
    events = _events(_in_utc(read_mart(platform, "return_case_history", *_HISTORY)))
    known = with_labels(normalised(cases), events, as_of=as_of)
    scores = scorer.scores(normalised(due), known=known, events=events, as_of=as_of)
    told_from = due.select(_TOLD_FROM)
    return scores.join(told_from, on="case_id", how="inner").with_columns(
        model_name=pl.lit(NAME), model_source=pl.lit(scorer.source)
    )


def _events(history: pl.DataFrame) -> pl.DataFrame:
    """What counts of the history of cases, as the model reads it."""
    counted = history.filter(pl.col("entry_id").is_not_null(), pl.col("broken_rule").is_null())
    return normalised_events(
        counted.select(
            pl.col("entry_id").alias("event_id"),
            "case_id",
            pl.col("happened_at").alias("at"),
            "type",
            "actor_role",
            pl.struct(pl.col("value").alias("to"), pl.col("value").alias("kind")).alias("payload"),
        )
    )
