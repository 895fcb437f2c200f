"""A version's training, its folder, and how good it is on the last origins."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ml.forecasting.backtests.backtest import TooShortToTest
from ml.forecasting.calibrations.calibration import CalibrationRefused, read_calibration
from ml.forecasting.calibrations.ensemble import calibrated, ensembles_out_of_sample
from retail_assets.demand import backtests, judging, kept_answers, training
from retail_assets.demand.backtests import Recipe, backtested, origins_of
from retail_assets.demand.calibrations import CALIBRATION
from retail_assets.demand.judging import by_errors, by_weights, holdout, measured, out_of_sample
from retail_assets.demand.kept_answers import FOLDER, code_digest, content_digest
from retail_assets.demand.model import describe
from retail_assets.demand.training import train_model
from retail_assets.platform import Platform
from tests.unit.demand.made_up import ORIGIN, demand

CLASSES = np.array(["A", "A", "B", "A", "A", "B"])


@pytest.fixture
def recipe(cheap: Platform) -> Recipe:
    return Recipe.of(cheap, quick=False, seed=0)


@pytest.fixture
def model(cheap: Platform, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (judging, training):
        monkeypatch.setattr(module, "classes_of", lambda *_: CLASSES)
    train_model(cheap, demand(), tmp_path / "model", recipe=recipe, command="test", progress=lambda _: None)
    return tmp_path / "model"


def test_members_are_asked_once_for_the_same_history(
    cheap: Platform, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = backtested(cheap, demand(), recipe, lambda _: None)
    [file] = cheap.lake.work_folder(FOLDER).iterdir()
    with monkeypatch.context() as nobody:
        nobody.delattr(backtests, "backtest")
        again = backtested(cheap, demand(), recipe, lambda _: None)
    assert calibrated(again, seed=0) == calibrated(first, seed=0)
    assert [one.issues for one in again.answers] == [one.issues for one in first.answers]
    file.write_bytes(file.read_bytes()[:1000])
    assert calibrated(backtested(cheap, demand(), recipe, lambda _: None), seed=0) == calibrated(
        first, seed=0
    )


def test_another_history_recipe_or_code_is_another_content(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = {content_digest(demand(seed=seed).panel, asdict(recipe)) for seed in (0, 0, 1)}
    digests |= {content_digest(demand().panel, asdict(Recipe(recipe.members, 28, 2, "DE")))}
    monkeypatch.setattr(kept_answers, "code_digest", lambda _: "other code")
    digests |= {content_digest(demand().panel, asdict(recipe))}
    assert len(digests) == 4


def test_code_that_was_changed_added_or_taken_away_is_other_code(tmp_path: Path) -> None:
    file, other = tmp_path / "members" / "theta.py", tmp_path / "other.py"
    file.parent.mkdir()
    file.write_text("1")
    first = code_digest(tmp_path)
    file.write_text("2")
    second = code_digest(tmp_path)
    other.write_text("")
    assert len({first, second, code_digest(tmp_path)}) == 3
    other.unlink()
    file.write_text("1")
    assert code_digest(tmp_path) == first


def test_a_version_has_a_calibration_accuracy_plots_and_a_card(model: Path) -> None:
    names = {path.relative_to(model).as_posix() for path in model.rglob("*") if path.is_file()}
    assert names == {
        "calibration.json",
        "accuracy.parquet",
        "card.json",
        "MODEL_CARD.md",
        "plots/accuracy_by_horizon.png",
        "plots/fans_of_the_most_valuable.png",
        "plots/fans_of_the_worst.png",
    }
    told = describe(model, "trained")
    whole = pl.read_parquet(model / "accuracy.parquet").filter(
        model="ensemble", origin="all", segment="all", first_day=1, last_day=28
    )
    assert told.metrics["wape"] == pytest.approx(whole["wape"][0], abs=1e-6)
    assert (told.trained_at.date().isoformat(), told.origin) == ("2026-11-20", "trained")
    (model / "card.json").write_text("{}")
    with pytest.raises(CalibrationRefused, match="holds no demand forecast"):
        describe(model, "trained")


def test_the_holdout_is_the_last_origins(cheap: Platform, recipe: Recipe, model: Path) -> None:
    held = holdout(cheap, demand())
    assert held.evidence == {"class A": 8, "class B": 4}
    assert held.digest == holdout(cheap, demand()).digest != holdout(cheap, demand(seed=1)).digest
    assert [str(day) for day in origins_of(demand(), recipe)] == ["2026-09-25", "2026-10-23"]
    found = held.evaluate(model, "1")
    assert 0 < found.metrics["wape"] < found.metrics["naive_wape"]
    assert {"wape_a", "wape_b", "mase", "bias", "coverage_80", "coverage_95"} < set(found.metrics)
    assert set(found.figures) == {"accuracy_by_horizon", "fans_of_the_most_valuable", "fans_of_the_worst"}


def test_the_metrics_are_those_of_a_plain_calculation(cheap: Platform, recipe: Recipe) -> None:
    made = backtested(cheap, demand(), recipe, lambda _: None)
    calibration = calibrated(made, seed=0)
    mean = by_weights(made, calibration)
    found = measured(made, mean, by_errors(made, mean, calibration), CLASSES)
    errors = np.abs(mean - made.actual)
    assert found["wape"] == pytest.approx(np.nansum(errors) / np.nansum(made.actual))
    of_b = [2, 5]
    assert found["wape_b"] == pytest.approx(np.nansum(errors[:, of_b]) / np.nansum(made.actual[:, of_b]))
    assert found["bias"] == pytest.approx(np.nansum(mean - made.actual) / np.nansum(made.actual))


def test_days_that_a_version_learnt_from_are_judged_as_if_it_had_not(
    cheap: Platform, recipe: Recipe, model: Path
) -> None:
    """A champion that was learnt a week before from mostly the same days is no better than the candidate."""
    a_week_old = read_calibration(model / CALIBRATION)
    made = backtested(cheap, demand(origin=ORIGIN + timedelta(days=7)), recipe, lambda _: None)
    relearnt, ends = out_of_sample(made, calibrated(made, seed=0))
    champion, its_ends = out_of_sample(made, a_week_old)
    assert np.array_equal(champion, relearnt) and np.array_equal(its_ends[80][1], ends[80][1])


def test_days_after_those_that_a_version_learnt_from_are_judged_by_its_own_weights(
    cheap: Platform, recipe: Recipe, model: Path
) -> None:
    old = read_calibration(model / CALIBRATION)
    made = backtested(cheap, demand(origin=ORIGIN + timedelta(days=28)), recipe, lambda _: None)
    mean, ends = out_of_sample(made, old)
    relearnt, own = ensembles_out_of_sample(made), by_weights(made, old)
    assert np.array_equal(mean[0], relearnt[0]) and np.array_equal(mean[1], own[1])
    assert not np.array_equal(own, relearnt)
    low, high = by_errors(made, own, old)[80]
    assert np.array_equal(ends[80][0][1], low[1]) and np.array_equal(ends[80][1][1], high[1])


def test_too_short_a_history_is_said(cheap: Platform, recipe: Recipe) -> None:
    with pytest.raises(TooShortToTest, match="There are 60 days of sales"):
        backtested(cheap, demand(days=60), recipe, lambda _: None)
