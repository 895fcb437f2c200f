"""Training: labelled photos in, a network out. Seeded; the same seed, data and machine give the same network.

One loop for fine and coarse labels: the loss of a photo is minus the log of the probability that falls on the
classes which count as right for it; a photo of none of them is to make the network unsure (Hendrycks et al.
2019, outlier exposure).
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ml.errors import ExplainedError
from ml.vision.attributes import Attributes, without_attributes
from ml.vision.augment import AUGMENTATIONS, augment
from ml.vision.banks import Bank, decode_banks
from ml.vision.data import DatasetError, LabelledImages
from ml.vision.labels import CLASSES
from ml.vision.models import channels_last, create_model, has_bfloat16, normalised
from ml.vision.recipe import Recipe

if TYPE_CHECKING:
    from torch import Generator, Tensor, nn

COARSE_FRAME = (60, 80)
FRAMES = [COARSE_FRAME, (120, 160), (144, 192)]
"""Sizes that photos are decoded to once, before training."""


class UnsuitableSize(ExplainedError, ValueError):
    """An input size that the architecture cannot be given."""


@dataclass(frozen=True)
class TrainingSet:
    """One dataset as training uses it."""

    labelled: LabelledImages
    samples_per_epoch: int | None = None
    augmentation: str = "catalogue"


@dataclass(frozen=True)
class EpochMetrics:
    epoch: int
    width: int
    height: int
    loss: float
    learning_rate: float
    images: int
    seconds: float


@dataclass(frozen=True)
class Trained:
    """A finished network with what made it."""

    network: "nn.Module"
    recipe: Recipe
    seed: int
    history: list[EpochMetrics] = field(default_factory=list)
    unreadable: int = 0
    seconds: float = 0.0


def train(
    sets: list[TrainingSet],
    *,
    recipe: Recipe,
    seed: int,
    report: Callable[[EpochMetrics, "nn.Module"], None] | None = None,
) -> Trained:
    """Train a network on all sets together.

    Raises DatasetError when there is nothing to train on, UnsuitableSize when photos are too small to the network.

    `report` gets each epoch's metrics and the network as it is then.
    """
    import torch

    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    started = time.monotonic()
    attributes = Attributes.of([one.labelled for one in sets])
    outputs = len(CLASSES) + attributes.outputs
    network, average = (
        channels_last(create_model(recipe.architecture, classes=outputs, pretrained=recipe.pretrained))
        for _ in range(2)
    )
    average.load_state_dict(network.state_dict())
    _try_sizes(average, recipe)
    prepared, unreadable = _prepare(sets, attributes)
    optimizer = torch.optim.SGD(
        [
            {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=recipe.learning_rate,
        momentum=0.9,
        nesterov=True,
    )
    history: list[EpochMetrics] = []
    for epoch, (width, height) in enumerate(recipe.sizes):
        begun, losses, images, rate = time.monotonic(), 0.0, 0, 0.0
        network.train()
        for progress, pixels, allowed, codes in _batches(prepared, recipe, (width, height), generator):
            rate = _learning_rate(recipe, (epoch + progress) / recipe.epochs)
            for group in optimizer.param_groups:
                group["lr"] = rate
            logits = _forward(network, pixels)
            loss = _loss(logits[:, : len(CLASSES)], allowed, recipe.smoothing)
            loss = loss + recipe.attribute_weight * attributes.loss(logits[:, len(CLASSES) :], codes)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            step = sum(one.images for one in history) // recipe.batch_size + images // recipe.batch_size
            _follow(average, network, min(recipe.average, (1 + step) / (10 + step)))
            losses, images = losses + loss.item() * len(pixels), images + len(pixels)
        history.append(
            EpochMetrics(epoch, width, height, losses / images, rate, images, time.monotonic() - begun)
        )
        # Whether anybody looks or not: the last layer it makes draws random numbers.
        shown = without_attributes(average, len(CLASSES))
        if report:
            report(history[-1], shown)
    return Trained(shown.eval(), recipe, seed, history, unreadable, time.monotonic() - started)


def _try_sizes(network: "nn.Module", recipe: Recipe) -> None:
    import torch

    network.eval()
    for width, height in sorted(set(recipe.sizes)):
        try:
            with torch.inference_mode():
                network(torch.zeros(1, 3, height, width))
        except RuntimeError as error:
            raise UnsuitableSize(
                f"{recipe.architecture} cannot be given photos of {width}x{height}: {error}."
            ) from error


@dataclass(frozen=True)
class _Prepared:
    """A set decoded: its banks, and where each readable photo lies in them."""

    banks: list[Bank]
    place: np.ndarray
    """[readable, 2]: bank and position in it."""
    allowed: np.ndarray
    frequency: np.ndarray
    """For each photo, how many of the set have its label."""
    codes: np.ndarray
    """The attributes of each photo."""
    samples: int
    augmentation: str


def _prepare(sets: list[TrainingSet], attributes: Attributes) -> tuple[list[_Prepared], int]:
    prepared, unreadable = [], 0
    for one in sets:
        banks, lost = decode_banks(one.labelled, frames=FRAMES)
        unreadable += len(lost)
        if not banks:
            continue
        place = np.concatenate(
            [np.stack([np.full(len(b.rows), n), np.arange(len(b.rows))], 1) for n, b in enumerate(banks)]
        )
        rows = np.concatenate([bank.rows for bank in banks])
        _, group, counts = np.unique(
            np.array(one.labelled.labels)[rows], return_inverse=True, return_counts=True
        )
        prepared.append(
            _Prepared(
                banks,
                place,
                one.labelled.allowed[rows],
                counts[group].astype(float),
                attributes.codes(one.labelled)[rows],
                one.samples_per_epoch or len(rows),
                one.augmentation,
            )
        )
    if sum(one.samples for one in prepared) < 2:  # statistics over a batch need two
        raise DatasetError("There are not two readable labelled photos to train on.")
    return prepared, unreadable


def _batches(
    prepared: list[_Prepared], recipe: Recipe, size: tuple[int, int], generator: "Generator"
) -> Iterator[tuple[float, "Tensor", "Tensor", "Tensor"]]:
    """The batches of one epoch with the progress before each; every batch has its share of every set."""
    import torch

    drawn = [
        torch.multinomial(
            torch.from_numpy(one.frequency**-recipe.balance),
            one.samples,
            replacement=True,
            generator=generator,
        ).numpy()
        for one in prepared
    ]
    steps = max(1, sum(map(len, drawn)) // recipe.batch_size)
    for step in range(steps):
        parts, allowed, codes = [], [], []
        for one, rows in zip(prepared, drawn, strict=True):
            chosen = rows[step * len(rows) // steps : (step + 1) * len(rows) // steps]
            for number, bank in enumerate(one.banks):
                there = chosen[one.place[chosen, 0] == number]
                if len(there):
                    parts.append(
                        augment(
                            torch.from_numpy(bank.pixels[one.place[there, 1]]),
                            how=AUGMENTATIONS[one.augmentation],
                            width=size[0],
                            height=size[1],
                            coarse=COARSE_FRAME,
                            generator=generator,
                        )
                    )
                    allowed.append(torch.from_numpy(one.allowed[there]))
                    codes.append(torch.from_numpy(one.codes[there]))
        yield step / steps, normalised(torch.cat(parts)), torch.cat(allowed), torch.cat(codes)


def _forward(network: "nn.Module", pixels: "Tensor") -> "Tensor":
    import torch

    with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):
        return network(pixels).float()


def _loss(logits: "Tensor", allowed: "Tensor", smoothing: float) -> "Tensor":
    import torch

    log = logits.log_softmax(1)
    unsure = -log.mean(1)
    # A finite penalty: an infinite one has no gradient where nothing is allowed.
    right = -(log + torch.where(allowed, 0.0, -1e4)).logsumexp(1)
    known = allowed.any(1)
    return torch.where(known, (1 - smoothing) * right + smoothing * unsure, unsure).mean()


def _learning_rate(recipe: Recipe, progress: float) -> float:
    """Linear warm-up, then half a cosine down to a thousandth."""
    if progress < recipe.warmup:
        return recipe.learning_rate * max(progress / recipe.warmup, 1e-3)
    rest = (progress - recipe.warmup) / (1 - recipe.warmup)
    return recipe.learning_rate * (0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi * rest)))


def _follow(average: "nn.Module", network: "nn.Module", decay: float) -> None:
    """Move the average of weights and statistics towards the network."""
    import torch

    with torch.no_grad():
        for mean, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)
