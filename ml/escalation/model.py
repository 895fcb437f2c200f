"""A model as a folder: parameters (model.json), the cases it learned from (history.parquet), a card. No pickle."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ml.errors import ExplainedError
from ml.escalation.cases import CATEGORIES, INSTANT
from ml.escalation.contract import Contract, contract
from ml.escalation.linear import Linear
from ml.escalation.target_statistics import Smoothing

NAME = "escalation-risk"
PACKAGED_MODEL = Path(__file__).parent / "packaged"
"""The model that comes with the code."""
PARAMETERS, HISTORY, CARD, TEXT = "model.json", "history.parquet", "card.json", "MODEL_CARD.md"
CUTS = (0.45, 0.75)
"""Scores from which a case is of medium and of high risk."""
HISTORY_SCHEMA = pl.Schema(
    {"case_id": pl.String, "created_at": INSTANT}
    | dict.fromkeys(CATEGORIES, pl.String)
    | {"escalated": pl.Boolean}
)


class NotAModel(ExplainedError, ValueError):
    """A folder that holds no usable model; the message says what is missing."""


class OtherContract(NotAModel):
    """A model that learned from features which are not those of this code."""


@dataclass(frozen=True)
class Model:
    """What scoring needs."""

    contract: Contract
    linear: Linear
    statistics: Smoothing
    base_rate: float
    """The recency-weighted share of escalations in training."""
    history: pl.DataFrame
    """The cases known in training, in the columns HISTORY_SCHEMA; `escalated` is null where it was not known."""
    reference: Mapping[str, Any]
    """How features and scores were distributed in training (see drift.py)."""
    cuts: tuple[float, float] = CUTS
    version: str = ""

    def parameters(self) -> dict[str, Any]:
        features = [
            {"name": name, "mean": mean, "scale": scale, "coefficient": coefficient}
            for name, mean, scale, coefficient in zip(
                self.contract.names,
                self.linear.mean.tolist(),
                self.linear.scale.tolist(),
                self.linear.coefficient.tolist(),
                strict=True,
            )
        ]
        return {
            **self.contract.describe(),
            "base_logit": self.linear.intercept,
            "base_rate": self.base_rate,
            "statistics": asdict(self.statistics),
            "cuts": list(self.cuts),
            "features": features,
            "reference": dict(self.reference),
        }


def save_model(model: Model, card: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Write a model's folder. Returns the card with the hash of what it describes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # its history names customers
    parameters = (json.dumps(model.parameters(), indent=1) + "\n").encode()
    history = BytesIO()
    model.history.select(list(HISTORY_SCHEMA)).write_parquet(history, compression="zstd")
    full = {"model": NAME, "sha256": _digest(parameters, history.getvalue()), **card}
    (folder / PARAMETERS).write_bytes(parameters)
    (folder / HISTORY).write_bytes(history.getvalue())
    (folder / CARD).write_text(json.dumps(full, indent=1) + "\n", encoding="utf-8")
    return full


def read_card(folder: Path) -> dict[str, Any]:
    """Raises NotAModel."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if not isinstance(card, dict) or not isinstance(card.get("sha256"), str):
            raise ValueError("it names no hash of the model")
    except (OSError, ValueError, RecursionError) as error:
        raise NotAModel(f"{folder} holds no usable model: {CARD}: {error}.") from error
    return card


def load_model(folder: Path = PACKAGED_MODEL, *, version: str | None = None) -> Model:
    """The model in a folder. Raises NotAModel, or OtherContract when its features are not those of this code."""
    digest = read_card(folder)["sha256"]
    try:
        parameters, history = (folder / PARAMETERS).read_bytes(), (folder / HISTORY).read_bytes()
    except OSError as error:
        raise NotAModel(f"{folder} holds no usable model: {error}.") from error
    if _digest(parameters, history) != digest:
        raise NotAModel(
            f"The files in {folder} are not those that {CARD} describes; fetch all of them again."
        )
    try:
        said = json.loads(parameters)
        its_contract = contract(int(said["contract_version"]))
        names = [one["name"] for one in said["features"]]
        if said["contract_hash"] != its_contract.hash or names != its_contract.names:
            raise OtherContract(
                f"The model in {folder} learned from another feature contract {its_contract.version} "
                f"({said['contract_hash'][:8]}) than this code has ({its_contract.hash[:8]}); train it again."
            )
        columns = [
            np.array([one[part] for one in said["features"]], float)
            for part in ("mean", "scale", "coefficient")
        ]
        base_logit, base_rate = float(said["base_logit"]), float(said["base_rate"])
        statistics = Smoothing(**said["statistics"])
        others = (base_logit, base_rate, statistics.half_life_days or 0, statistics.smoothing)
        if not np.isfinite([*np.concatenate(columns), *others]).all():
            raise ValueError("a parameter is not finite")
        return Model(
            contract=its_contract,
            linear=Linear(*columns, intercept=base_logit),
            statistics=statistics,
            base_rate=base_rate,
            history=pl.read_parquet(BytesIO(history)).match_to_schema(HISTORY_SCHEMA),
            reference=dict(said["reference"]),
            cuts=(float(said["cuts"][0]), float(said["cuts"][1])),
            version=version or f"{NAME}-{digest[:8]}",
        )
    except NotAModel:
        raise
    except (ValueError, TypeError, KeyError, IndexError, pl.exceptions.PolarsError) as error:
        raise NotAModel(f"{folder} holds no usable model: {type(error).__name__}: {error}.") from error


def _digest(parameters: bytes, history: bytes) -> str:
    return hashlib.sha256(parameters + hashlib.sha256(history).digest()).hexdigest()
