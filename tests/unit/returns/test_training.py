"""What the escalation risk learns from and is judged by: the newest days of cases, of which no judged model knew."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ml.escalation.cases import normalised
from ml.escalation.events import normalised_events
from ml.escalation.generate import generate
from ml.escalation.labels import WINDOW_DAYS, with_labels
from ml.escalation.model import load_model, save_model
from ml.escalation.recipe import Recipe
from ml.escalation.train import NotEnoughCases
from retail_assets.models.spec import Measured
from retail_assets.returns.known_cases import KnownCases
from retail_assets.returns.training import (
    BACKTEST,
    LabelledCases,
    NoOutcomes,
    holdout,
    summary,
    train_model,
)
from tests.unit.escalation.conftest import NOW

FILES = ("model.json", "history.parquet", "card.json", "MODEL_CARD.md")


def known(cases: pl.DataFrame, events: pl.DataFrame, as_of: datetime = NOW) -> LabelledCases:
    events = normalised_events(events)
    given = cases.drop("escalated").with_columns(region=pl.lit("north"))
    labelled = with_labels(normalised(given), events, as_of=as_of)
    return LabelledCases(KnownCases(labelled, events, as_of, WINDOW_DAYS), holdout_days=28)


@pytest.fixture(scope="module")
def cases() -> LabelledCases:
    made = generate(800, seed=5, until=NOW)
    return known(made.cases, made.events)


def trained(cases: LabelledCases, folder: Path, said: list[str] | None = None) -> Path:
    progress = ([] if said is None else said).append
    train_model(cases, folder, recipe=Recipe(), seed=0, command="test", progress=progress)
    return folder


@pytest.fixture(scope="module")
def model(cases: LabelledCases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(cases, tmp_path_factory.mktemp("trained") / "model")


def measured(cases: LabelledCases, folder: Path) -> Measured:
    return holdout(cases, review_share=0.1).evaluate(folder, "7")


def test_the_newest_days_with_an_outcome_are_the_holdout(cases: LabelledCases) -> None:
    newest = cases.labelled["created_at"].max()
    assert NOW - timedelta(days=15) < newest <= NOW - timedelta(days=14)  # ty: ignore[unsupported-operator]
    assert cases.holdout_start == (NOW - timedelta(days=15 + 27))
    held = holdout(cases, review_share=0.1)
    assert sum(held.evidence.values()) == cases.holdout.height
    assert held.evidence["escalated"] == cases.holdout["escalated"].sum()
    counted = summary(cases)
    assert counted["cases"].sum() == cases.known.cases.height
    assert counted.filter(outcome="newest: the holdout")["cases"].sum() == cases.holdout.height


def test_what_comes_after_the_holdout_began_does_not_reach_the_backtest(
    cases: LabelledCases, model: Path, tmp_path: Path
) -> None:
    start, known_now = cases.holdout_start, cases.known
    other_end = pl.when(pl.col("at") > start).then(pl.lit("rejected")).otherwise("to")
    events = known_now.events.with_columns(
        to=other_end,
        type=pl.when(pl.col("at") > start).then(pl.lit("status_changed")).otherwise("type"),
    )
    moved = known_now.cases.with_columns(
        order_value=pl.when(pl.col("created_at") > start).then(9.0).otherwise("order_value")
    )
    relabelled = with_labels(moved.with_columns(escalated=None), events, as_of=NOW)
    future = replace(cases, known=replace(known_now, cases=relabelled, events=events))
    assert future.holdout["escalated"].sum() == 0 < cases.holdout["escalated"].sum()
    other = trained(future, tmp_path / "model")
    for name in FILES:
        assert (other / BACKTEST / name).read_bytes() == (model / BACKTEST / name).read_bytes(), name
    assert (other / "model.json").read_bytes() != (model / "model.json").read_bytes()


def test_the_backtest_is_judged_where_the_model_knew_the_outcomes(cases: LabelledCases, model: Path) -> None:
    found = measured(cases, model)
    assert found.metrics == measured(cases, model / BACKTEST).metrics
    assert found.metrics["auc"] > 0.65 and found.metrics["naive_auc"] == 0.5
    assert found.metrics["cases"] == cases.holdout.height and found.unusable == 0
    assert set(found.figures) == {"reliability", "roc", "reasons"}
    assert {"priority", "channel"} <= set(found.tables["slices"]["slice"])
    assert "region" in found.tables["fairness"]["slice"].to_list()


def test_a_model_of_before_the_holdout_is_judged_itself(
    cases: LabelledCases, model: Path, tmp_path: Path
) -> None:
    made = generate(800, seed=5, until=NOW)
    early = known(made.cases, made.events, as_of=cases.holdout_start)
    folder = trained(early, tmp_path / "model")
    assert measured(cases, folder).metrics == measured(cases, model).metrics, (
        "the same recipe as of the same day"
    )


def test_what_cannot_be_judged_honestly_has_no_figures(
    cases: LabelledCases, model: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in FILES:
        (alone / name).write_bytes((model / name).read_bytes())
    found = measured(cases, alone)
    assert found.metrics == {"naive_auc": 0.5}
    assert found.unusable == cases.holdout.height, "so that nothing is evidence"

    loaded = load_model(model / BACKTEST)
    other = loaded.contract.model_copy(update={"version": 1})
    save_model(replace(loaded, contract=other), {}, tmp_path / "other")
    assert measured(cases, tmp_path / "other").metrics == {"naive_auc": 0.5}


def test_too_few_cases_are_said_with_how_many_it_takes(cases: LabelledCases, tmp_path: Path) -> None:
    made = generate(40, seed=5, until=NOW)
    with pytest.raises(
        NotEnoughCases, match=r"\d+ escalated and \d+ other cases are too few .* takes 20 of each"
    ):
        trained(known(made.cases, made.events), tmp_path / "model")
    young = generate(40, seed=5, until=NOW, days=10)
    with pytest.raises(NoOutcomes, match="Of 40 return cases none has a known outcome yet: it takes 14 days"):
        summary(known(young.cases, young.events))


def test_a_model_that_nothing_can_judge_yet_says_so(tmp_path: Path) -> None:
    made, said = generate(600, seed=5, until=NOW, days=40), []
    cases = known(made.cases, made.events)
    folder = trained(cases, tmp_path / "model", said)
    assert load_model(folder) and not (folder / BACKTEST).exists()
    assert any(
        "Nothing can say how good this model is" in line and "takes 20 of each" in line for line in said
    )
    assert measured(cases, folder).unusable == cases.holdout.height
