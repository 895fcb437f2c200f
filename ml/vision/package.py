"""A model as a folder: weights without code (safetensors), what they are (card.json) and a card for people.

Whoever gets the folder can score photos; nothing in it is executed or unpickled.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.errors import ExplainedError
from ml.vision.labels import CLASSES
from ml.vision.models import UnknownArchitecture, create_model, for_inference, has_bfloat16, normalised

if TYPE_CHECKING:
    from torch import nn

NAME = "refund-item-classifier"
PACKAGED_MODEL = Path(__file__).parent / "packaged"
"""The model that comes with the code."""
LARGEST_SIDE = 1024
WEIGHTS, CARD, TEXT = "model.safetensors", "card.json", "MODEL_CARD.md"


class NotAModel(ExplainedError, ValueError):
    """A folder that holds no usable model; the message says what is missing."""


@dataclass(frozen=True)
class Card:
    """What a model is and where it comes from."""

    architecture: str
    classes: list[str]
    width: int
    height: int
    temperature: float
    review_threshold: float
    weights_sha256: str = ""
    pretrained: bool = False
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """By evaluation set, each metric -> value."""
    data: list[Mapping[str, Any]] = field(default_factory=list)
    """name, photos, sha256, labels of each dataset it learned from, and what it is about."""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    command: str = ""
    trained_at: str = ""
    seconds: float = 0.0
    machine: str = ""

    @property
    def version(self) -> str:
        """Names the weights, wherever the folder lies."""
        return f"packaged-{self.weights_sha256[:8]}"


class Classifier:
    """Photos in the model's frame -> calibrated probabilities."""

    def __init__(self, network: "nn.Module", card: Card, *, version: str | None = None) -> None:
        self.card = card
        self.version = version or card.version
        self.classes: tuple[str, ...] = tuple(card.classes)
        self.dtype = "bfloat16" if has_bfloat16() else "float32"
        """What it computes in; bfloat16 only where the processor has it."""
        self._network = for_inference(network, bfloat16=self.dtype == "bfloat16")

    @property
    def review_threshold(self) -> float:
        return self.card.review_threshold

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 [n, height, width, 3] -> float32 [n, classes], before calibration."""
        import torch

        with torch.inference_mode():
            images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(255)
            images = normalised(images).to(getattr(torch, self.dtype))
            return self._network(images).float().numpy()

    def predict(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 [n, height, width, 3] -> probabilities float32 [n, classes]."""
        return softmax(self.logits(pixels) / self.card.temperature).astype(np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


def save_package(network: "nn.Module", card: Card, folder: Path) -> Card:
    """Write a model's folder; weights in half precision. Returns the card with the weights' hash."""
    import torch
    from safetensors.torch import save

    folder.mkdir(parents=True, exist_ok=True)
    state = {
        name: (value.half() if value.dtype == torch.float32 else value).contiguous()
        for name, value in network.state_dict().items()
    }
    weights = save(state)
    card = replace(card, weights_sha256=hashlib.sha256(weights).hexdigest())
    (folder / WEIGHTS).write_bytes(weights)
    (folder / CARD).write_text(json.dumps(asdict(card), indent=1) + "\n", encoding="utf-8")
    return card


def read_card(folder: Path) -> Card:
    """Raises NotAModel."""
    try:
        card = Card(**json.loads((folder / CARD).read_text(encoding="utf-8")))
        if tuple(card.classes) != CLASSES:
            raise ValueError("its classes are not those of ml.vision.labels, in their order")
        if not isinstance(card.architecture, str):
            raise ValueError("its architecture is no name")
        if not all(type(side) is int and 1 <= side <= LARGEST_SIDE for side in (card.width, card.height)):
            raise ValueError(f"width and height have to be positive whole numbers, {LARGEST_SIDE} at most")
        if not (0 < card.temperature < math.inf and card.review_threshold >= 0):
            raise ValueError("the temperature has to be positive, the threshold not negative")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise NotAModel(f"{folder} holds no usable model: {CARD}: {error}.") from error
    return card


def load_classifier(folder: Path = PACKAGED_MODEL, *, version: str | None = None) -> Classifier:
    """The model in a folder. Raises NotAModel when its weights are not those that its card names."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    card = read_card(folder)
    try:
        weights = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise NotAModel(f"{folder} holds no model: {WEIGHTS} cannot be read ({error}).") from error
    if hashlib.sha256(weights).hexdigest() != card.weights_sha256:
        raise NotAModel(f"{folder / WEIGHTS} is not the file that {CARD} describes; fetch both again.")
    try:
        network = create_model(card.architecture, classes=len(card.classes))
        state = {
            name: value.float() if value.is_floating_point() else value
            for name, value in load(weights).items()
        }
        with torch.no_grad():
            network.load_state_dict(state)
    except UnknownArchitecture as error:
        raise NotAModel(f"{folder} holds no usable model: {error}") from error
    except (SafetensorError, RuntimeError) as error:
        raise NotAModel(f"{folder / WEIGHTS} holds no weights of a {card.architecture}.") from error
    return Classifier(network, card, version=version)
