"""The model card: for people who want to know what a model is, how good it is and what it must not be used for."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from ml.escalation.model import NAME, TEXT, read_card
from ml.escalation.recipe import Recipe
from ml.escalation.train import Trained

_LIMITS = """\
## Known limits

* It ranks cases for people who look at them; it decides nothing about a customer or a merchant.
* It knows what was written down when a case was scored. What customers say elsewhere it does not know.
* It learned how things went lately. When the base rate moves, train it again; the drift check says when.
* Contributions say what moved the score, not what caused an escalation.
* `history.parquet` names customers and whoever worked on cases: the folder is for operations only.
"""


def card_of(
    trained: Trained, *, as_of: datetime, seed: int, recipe: Recipe, command: str, data: Mapping[str, Any]
) -> dict[str, Any]:
    """What a model is and where it comes from, as JSON can hold it; `data` says what it learned from."""
    choice, history = trained.choice, trained.model.history
    return {
        **trained.model.contract.describe(),
        "trained_at": as_of.isoformat(timespec="seconds"),
        "seed": seed,
        "command": command,
        "data": {
            **data,
            "cases": len(history),
            "labelled": trained.labelled,
            "sha256": _data_hash(history),
        },
        "half_life_days": choice.half_life_days,
        "recalibration": list(choice.recalibration),
        "validation": {
            name: {key: None if math.isnan(value) else value for key, value in metrics.items()}
            for name, metrics in (choice.metrics or {}).items()
        },
        "losses": dict(choice.losses or {}),
        "recipe": asdict(recipe),
    }


def _data_hash(history: pl.DataFrame) -> str:
    """SHA-256 of the cases learned from and their outcomes."""
    return hashlib.sha256(
        history.select("case_id", "created_at", "escalated").write_csv().encode()
    ).hexdigest()


def write_model_card(folder: Path) -> None:
    """Write the card of the model in a folder beside it."""
    (folder / TEXT).write_text(model_card(read_card(folder)), encoding="utf-8")


def model_card(card: Mapping[str, Any]) -> str:
    data = card["data"]
    slope, offset = card["recalibration"]
    half_life = card["half_life_days"]
    facts = {
        "Task": "the probability that a return case escalates or misses the due time of its resolution",
        "Model": "logistic regression on standardised features; each contribution is a part of the logit",
        "Features": f"contract {card['contract_version']}, SHA-256 {card['contract_hash']}",
        "Learned from": f"{data['labelled']:,} labelled of {data['cases']:,} cases ({data['name']}), "
        f"SHA-256 {data['sha256']}",
        "Recency": "old cases count like new ones"
        if half_life is None
        else f"a case counts half after {half_life:g} days",
        "Calibration": f"logit times {slope:.3f} plus {offset:.3f}, folded into the coefficients",
        "Made by": f"`{card['command']}`, as of {card['trained_at']}",
    }
    parts = [
        f"# {NAME}\n",
        *([f"{data['about']}\n"] if data.get("about") else []),
        "\n".join(f"* **{name}**: {value}" for name, value in facts.items()) + "\n",
        "## How good it is\n\nOn days after those that each trial learned from (rolling origin).\n",
        _metrics_table(card["validation"]) if card["validation"] else "Too few days came to say.\n",
        _LIMITS,
    ]
    return "\n".join(parts)


def _metrics_table(validation: Mapping[str, Mapping[str, float | None]]) -> str:
    names = next(iter(validation.values()))
    head = "| metric | " + " | ".join(validation) + " |\n|---|" + "---|" * len(validation) + "\n"
    return head + "".join(
        f"| {name.replace('_', ' ')} | "
        + " | ".join(_figure(name, one[name]) for one in validation.values())
        + " |\n"
        for name in names
    )


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if name == "cases" else f"{value:.3f}"
