"""A model's folder: what is in it comes back, and what does not fit is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ml.escalation.contract import Contract, contract
from ml.escalation.linear import Linear
from ml.escalation.model import CARD, HISTORY, PARAMETERS, NotAModel, OtherContract, load_model, save_model
from tests.unit.escalation.conftest import Files


@pytest.fixture
def folder(files: Files, tmp_path: Path) -> Path:
    return Path(shutil.copytree(files.model, tmp_path / "model"))


def test_a_model_comes_back_as_it_was(folder: Path, tmp_path: Path) -> None:
    model = load_model(folder)
    save_model(model, {}, tmp_path / "again")
    again = load_model(tmp_path / "again")
    assert (tmp_path / "again" / PARAMETERS).read_bytes() == (folder / PARAMETERS).read_bytes()
    assert_frame_equal(again.history, model.history)
    assert again.version == model.version
    assert (tmp_path / "again").stat().st_mode & 0o777 == 0o700, "it names customers"
    assert load_model(folder, version="7").version == "7"


def test_the_files_are_plain_data(folder: Path) -> None:
    assert {path.suffix for path in folder.iterdir()} == {".json", ".parquet", ".md"}
    card = json.loads((folder / CARD).read_text())
    assert card["contract_hash"] == contract(2).hash
    assert card["validation"]["champion"]["auc"] > 0.5
    assert "Known limits" in (folder / "MODEL_CARD.md").read_text()


@pytest.mark.parametrize("name", [PARAMETERS, HISTORY, CARD])
def test_a_file_that_is_missing_or_spoilt_is_refused(name: str, folder: Path) -> None:
    (folder / name).write_bytes(b"{}")
    with pytest.raises(NotAModel):
        load_model(folder)
    (folder / name).unlink()
    with pytest.raises(NotAModel, match="no usable model"):
        load_model(folder)


def test_a_model_of_another_contract_is_refused(folder: Path, tmp_path: Path) -> None:
    model = load_model(folder)
    features = (model.contract.features[0].model_copy(update={"kind": "log"}), *model.contract.features[1:])
    other: Contract = model.contract.model_copy(update={"features": features})
    save_model(replace(model, contract=other), {}, tmp_path / "other")
    with pytest.raises(OtherContract, match="train it again"):
        load_model(tmp_path / "other")


@pytest.mark.parametrize(
    "change",
    [
        {"contract_version": 99},
        {"features": []},
        {"features": [{"name": "a"}]},
        {"base_logit": "x"},
        {"base_logit": float("inf")},
        {"base_rate": float("nan")},
        {"statistics": {"half_life_days": "x"}},
        {"cuts": [1]},
        {"statistics": {"speed": 1}},
    ],
)
def test_parameters_that_make_no_sense_are_refused(change: dict, folder: Path, tmp_path: Path) -> None:
    model = load_model(folder)
    parameters = model.parameters() | change
    # Saved as if it were whole: the hash fits, the content does not.
    strange = replace(model)
    object.__setattr__(strange, "parameters", lambda: parameters)
    save_model(strange, {}, tmp_path / "strange")
    with pytest.raises(NotAModel):
        load_model(tmp_path / "strange")


def test_recalibration_is_a_model_of_the_same_kind() -> None:
    rng = np.random.default_rng(0)
    linear = Linear(*rng.normal(1, 0.1, (3, 4)), intercept=0.5)
    numbers = rng.normal(size=(20, 4))
    numbers[3, 2] = np.nan
    found = linear.recalibrated(0.8, -0.3).logits(numbers)
    assert np.allclose(found, 0.8 * linear.logits(numbers) - 0.3)
    assert linear.parts(numbers)[3, 2] == 0


def test_no_freak_value_decides_alone() -> None:
    linear = Linear(np.zeros(1), np.ones(1), np.full(1, 0.3), intercept=0.0)
    assert linear.logits(np.array([[1e300], [-np.inf], [10.0], [np.nan]])).tolist() == [3, -3, 3, 0]


def test_the_history_holds_what_counting_needs_and_no_messages(folder: Path) -> None:
    history = pl.read_parquet(folder / HISTORY)
    assert "customer_message" not in history.columns
    assert history["case_id"].is_unique().all()
