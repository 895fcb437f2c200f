"""What the escalation risk learns from and is judged by: the newest days of cases, of which no judged model knew."""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ml.escalation.cases import normalised
from ml.escalation.events import normalised_events
from ml.escalation.generate import generate
from ml.escalation.labels import WINDOW_DAYS, with_labels
from ml.escalation.model import PACKAGED_MODEL, load_model, save_model
from ml.escalation.recipe import Recipe
from ml.escalation.train import NotEnoughCases
from retail_assets.models.spec import Measured
from retail_assets.returns.known_cases import KnownCases
from retail_assets.returns.training import (
    BACKTESTS,
    LabelledCases,
    NoOutcomes,
    holdout,
    summary,
    train_model,
)
from tests.unit.escalation.conftest import NOW

ROWS = 800
FILES = ("model.json", "history.parquet", "card.json", "MODEL_CARD.md")


def known(cases: pl.DataFrame, events: pl.DataFrame, as_of: datetime = NOW) -> LabelledCases:
    events = normalised_events(events)
    given = cases.drop("escalated").with_columns(region=pl.lit("north"))
    labelled = with_labels(normalised(given), events, as_of=as_of)
    return LabelledCases(KnownCases(labelled, events, as_of, WINDOW_DAYS), holdout_days=28)


@pytest.fixture(scope="module")
def cases() -> LabelledCases:
    made = generate(ROWS, seed=5, until=NOW)
    return known(made.cases, made.events)


def trained(cases: LabelledCases, folder: Path, said: list[str] | None = None) -> Path:
    progress = ([] if said is None else said).append
    train_model(cases, folder, recipe=Recipe(), seed=0, command="test", progress=progress)
    return folder


@pytest.fixture(scope="module")
def model(cases: LabelledCases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(cases, tmp_path_factory.mktemp("trained") / "model")


def backtests(folder: Path) -> list[Path]:
    return sorted((folder / BACKTESTS).glob("*"))


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


def test_what_comes_after_a_week_began_does_not_reach_its_backtest(
    cases: LabelledCases, model: Path, tmp_path: Path
) -> None:
    start, known_now = list(cases.weeks())[1][0], cases.known
    late = pl.col("at") > start
    events = known_now.events.with_columns(
        to=pl.when(late).then(pl.lit("rejected")).otherwise("to"),
        type=pl.when(late).then(pl.lit("status_changed")).otherwise("type"),
    )
    moved = known_now.cases.with_columns(
        order_value=pl.when(pl.col("created_at") > start).then(9.0).otherwise("order_value")
    )
    relabelled = with_labels(moved.with_columns(escalated=None), events, as_of=NOW)
    future = replace(cases, known=replace(known_now, cases=relabelled, events=events))
    assert future.holdout["escalated"].sum() < cases.holdout["escalated"].sum()
    other = trained(future, tmp_path / "model")
    before, after = [path.name for path in backtests(model)[:2]], [path.name for path in backtests(model)[3:]]
    for day in before:
        for name in FILES:
            file = Path(BACKTESTS, day, name)
            assert (other / file).read_bytes() == (model / file).read_bytes(), file
    for folder in (".", *(Path(BACKTESTS, day) for day in after)):
        assert (other / folder / "model.json").read_bytes() != (model / folder / "model.json").read_bytes()


def test_each_week_is_told_by_the_newest_model_of_before_it(
    cases: LabelledCases, model: Path, tmp_path: Path
) -> None:
    found = measured(cases, model)
    assert found.metrics["auc"] > 0.5 == found.metrics["naive_auc"]
    assert found.metrics["cases"] == cases.holdout.height and found.unusable == 0
    assert set(found.figures) == {"reliability", "roc", "reasons"}
    assert {"priority", "channel"} <= set(found.tables["slices"]["slice"])
    assert "region" in found.tables["fairness"]["slice"].to_list()

    # A model that is older than the holdout needs no backtest, and backtests that are older are no better than it.
    made = generate(ROWS, seed=5, until=NOW)
    early = trained(known(made.cases, made.events, as_of=cases.holdout_start), tmp_path / "early")
    shutil.rmtree(early / BACKTESTS)
    oldest, *_, newest = backtests(model)
    assert measured(cases, early).metrics == measured(cases, oldest).metrics != found.metrics

    part = shutil.copytree(model, tmp_path / "part")
    shutil.rmtree(part / BACKTESTS / newest.name)
    assert "auc" in (without_newest := measured(cases, part).metrics) and without_newest != found.metrics
    assert "auc" in measured(cases, PACKAGED_MODEL).metrics, "which has learned from none of these cases"


def test_what_cannot_be_judged_honestly_has_no_figures(
    cases: LabelledCases, model: Path, tmp_path: Path
) -> None:
    part = shutil.copytree(model, tmp_path / "part")
    shutil.rmtree(part / BACKTESTS / backtests(model)[0].name)
    found = measured(cases, part)
    assert found.metrics == {"naive_auc": 0.5}
    assert found.unusable == cases.holdout.height, "so that nothing is evidence"
    assert found.tables["not_judged"]["from"].to_list() == [cases.holdout_start]

    loaded = load_model(backtests(model)[0])
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
    assert load_model(folder) and not backtests(folder)
    assert any(
        "Nothing can say how good this model would have been from" in line and "takes 20 of each" in line
        for line in said
    )
    assert measured(cases, folder).unusable == cases.holdout.height
