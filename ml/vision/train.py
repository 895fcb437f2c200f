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

from ml.vision.augment import AUGMENTATIONS, augment
from ml.vision.banks import Bank, decode_banks
from ml.vision.data import DatasetError, LabelledImages
from ml.vision.labels import CLASSES
from ml.vision.models import channels_last, create_model

if TYPE_CHECKING:
    from torch import Generator, Tensor, nn

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet; what pretrained weights expect, and as good as any for others."""

COARSE_FRAME = (60, 80)
FRAMES = [COARSE_FRAME, (120, 160), (144, 192)]
"""Sizes that photos are decoded to once, before training."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained."""

    architecture: str = "resnet18"
    pretrained: bool = False
    sizes: tuple[tuple[int, int], ...] = ((48, 64),) * 6 + ((72, 96),) * 8 + ((96, 128),) * 3
    """Input (width, height) of each epoch. Small ones first: most is learned there, at a fraction of the cost."""
    batch_size: int = 128
    learning_rate: float = 0.2
    warmup: float = 0.12
    weight_decay: float = 5e-4
    smoothing: float = 0.06
    balance: float = 0.4
    """Classes are drawn by their number of photos to the power of 1 - balance."""
    average: float = 0.998
    """Decay of the moving average of the weights, which is the network that is kept."""
    threads: int | None = None

    @property
    def epochs(self) -> int:
        return len(self.sizes)

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height that the finished network is made for."""
        return self.sizes[-1]

    @classmethod
    def quick(cls) -> "Recipe":
        """Seconds instead of an hour: to see that everything is connected."""
        return cls(sizes=((24, 32),) * 2, batch_size=32, threads=1, average=0.9)


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
    """Train a network on all sets together. Raises DatasetError when there is nothing to train on.

    `report` gets each epoch's metrics and the network as it is then.
    """
    import torch

    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    started = time.monotonic()
    prepared, unreadable = _prepare(sets)
    network, average = (
        channels_last(create_model(recipe.architecture, classes=len(CLASSES), pretrained=recipe.pretrained))
        for _ in range(2)
    )
    average.load_state_dict(network.state_dict())
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
        for progress, pixels, allowed in _batches(prepared, recipe, (width, height), generator):
            rate = _learning_rate(recipe, (epoch + progress) / recipe.epochs)
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = _loss(_forward(network, pixels), allowed, recipe.smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            step = sum(one.images for one in history) // recipe.batch_size + images // recipe.batch_size
            _follow(average, network, min(recipe.average, (1 + step) / (10 + step)))
            losses, images = losses + loss.item() * len(pixels), images + len(pixels)
        history.append(
            EpochMetrics(epoch, width, height, losses / images, rate, images, time.monotonic() - begun)
        )
        if report:
            report(history[-1], average)
    return Trained(average.eval(), recipe, seed, history, unreadable, time.monotonic() - started)


@dataclass(frozen=True)
class _Prepared:
    """A set decoded: its banks, and where each readable photo lies in them."""

    banks: list[Bank]
    place: np.ndarray
    """[readable, 2]: bank and position in it."""
    allowed: np.ndarray
    frequency: np.ndarray
    """For each photo, how many of the set have its label."""
    samples: int
    augmentation: str


def _prepare(sets: list[TrainingSet]) -> tuple[list[_Prepared], int]:
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
                one.samples_per_epoch or len(rows),
                one.augmentation,
            )
        )
    if sum(one.samples for one in prepared) < 2:  # statistics over a batch need two
        raise DatasetError("There are not two readable labelled photos to train on.")
    return prepared, unreadable


def _batches(
    prepared: list[_Prepared], recipe: Recipe, size: tuple[int, int], generator: "Generator"
) -> Iterator[tuple[float, "Tensor", "Tensor"]]:
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
        parts, allowed = [], []
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
        yield step / steps, normalised(torch.cat(parts)), torch.cat(allowed)


def normalised(images: "Tensor") -> "Tensor":
    """Images between 0 and 1 as networks take them."""
    import torch

    mean, std = (torch.tensor(value).view(1, 3, 1, 1) for value in (MEAN, STD))
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)


def has_bfloat16() -> bool:
    """Whether this processor computes in bfloat16, rather than emulating it."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported())


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
