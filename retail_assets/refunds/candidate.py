"""What the registry is told of a refund item classifier, from the card in its folder."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.tracking.registering import Candidate

if TYPE_CHECKING:
    from ml.vision.package import Card

MAIN_METRIC = "accuracy"


def refund_item_candidate(folder: Path, origin: str) -> Candidate:
    """The model in a folder as a candidate; its metrics are those of its own validation photos."""
    from ml.vision.endpoint import endpoint
    from ml.vision.package import NAME, read_card

    card = read_card(folder)
    return Candidate(
        model=NAME,
        folder=folder,
        endpoint=endpoint(),
        origin=origin,
        trained_at=datetime.fromisoformat(card.trained_at),
        data_hash=_data_hash(card),
        main_metric=MAIN_METRIC,
        metrics=_numbers(card.metrics.get("all", {})),
        params={
            "architecture": card.architecture,
            "pretrained": card.pretrained,
            "input": f"{card.width}x{card.height}",
            "seed": card.seed,
            **card.recipe,
        },
        texts={path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")},
    )


def _data_hash(card: "Card") -> str:
    hashes = [str(one["sha256"]) for one in card.data]
    return hashlib.sha256(json.dumps(hashes).encode()).hexdigest()


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if value is not None}
