"""How far the newest return cases have moved from those that the model which scores learned from."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl

from ml.escalation.drift import SCORE, base_rate_index, drift
from ml.escalation.model import Model
from ml.escalation.plots import drift_figure
from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake
from retail_assets.models.spec import Drift
from retail_assets.platform import Platform
from retail_assets.returns.scoring import TELLING, scorer_of
from retail_assets.returns.settings import ReturnSettings
from retail_assets.returns.tables import ESCALATION_SCORES, RETURN_CASE_FEATURES
from retail_assets.returns.training import LabelledCases, labelled_cases

BASE_RATE = "base_rate"
VOLUMES = r"(^|_)cases_\d+[hd]$"
"""Features that count how many cases came lately. All cases of a month have nearly the same, and those of any other
month another: they are shown and never ask for a training."""
FEWEST = 200
"""Cases below which chance alone moves an index by a tenth."""


def case_drift(platform: Platform) -> Drift:
    """The population stability of features, score and base rate. Raises NoWarehouse."""
    scorer, cases = scorer_of(platform), labelled_cases(platform)
    if scorer.model is None:
        return Drift("none", unknown=f"No model scores, but a fixed rule. {scorer.why}")
    days = platform.settings_of(ReturnSettings).return_drift_days
    told = _told_since(platform.lake, cases.known.as_of - timedelta(days=days), scorer.model)
    if told.height < FEWEST:
        few = f"{told.height:,} cases of the last {days} days were told by its features; it takes {FEWEST}."
        return Drift(scorer.model.version, told.height, unknown=few)
    moved = compared(scorer.model, told, replace(cases, holdout_days=days))
    return Drift(scorer.model.version, told.height, moved=moved, figures={"drift": drift_figure(moved)})


def compared(model: Model, told: pl.DataFrame, cases: LabelledCases) -> pl.DataFrame:
    """How far features and scores of the cases told have moved, and the newest known outcomes; see `Drift.moved`."""
    found = [drift(model.reference, told.drop(SCORE))]
    scores = told.drop_nulls(SCORE)
    if scores.height >= FEWEST:
        found.append(drift(model.reference, scores.select(SCORE)))
    if cases.labelled.height >= FEWEST:
        index = base_rate_index(model.base_rate, cases.holdout["escalated"].cast(pl.Float64).mean())  # ty: ignore[invalid-argument-type]
        found.append(pl.DataFrame({"name": [BASE_RATE], "psi": [index]}))
    moved = pl.concat(found).sort("psi", "name", descending=[True, False])
    return moved.with_columns(watched=~pl.col("name").str.contains(VOLUMES))


def _told_since(lake: Lake, since: datetime, model: Model) -> pl.DataFrame:
    """What cases were judged by whose moment is later, as it was told last; `score` where this model told it."""
    features = _parts(RETURN_CASE_FEATURES, lake, since.date()).filter(
        pl.col("scored_moment") >= since, contract_hash=model.contract.hash
    )
    scores = _parts(ESCALATION_SCORES, lake, since.date()).filter(model_version=model.version)
    latest = features.sort("scored_at").unique("case_id", keep="last", maintain_order=True)
    return latest.join(scores.select(*TELLING, SCORE), on=TELLING, how="left")


def _parts(table: LakeTable, lake: Lake, first: date) -> pl.DataFrame:
    """The rows of the nights from one on."""
    parts = [table.read(lake, p.stem) for p in table.parts(lake) if p.stem >= first.isoformat()]
    return pl.concat([table.empty(), *parts], how="diagonal_relaxed").select(table.schema.names())
