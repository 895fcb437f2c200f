"""Random variations of photos, a whole batch at once: what may differ between two photos of one thing.

Everything random comes from the generator that is passed in.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Augmentation:
    """How far photos are varied. Fractions are of the frame or of the value varied."""

    degrees: float
    """Rotation to either side."""
    zoom: tuple[float, float]
    """Part of the frame that is seen; above 1 the photo is smaller than the frame."""
    shift: float
    stretch: float
    """Largest ratio between the scales of the two axes."""
    erased: float
    """Share of photos of which a rectangle is covered."""
    light: float
    """How far brightness, contrast and saturation go to either side."""
    tinted_backgrounds: float = 0.0
    """Share of photos whose white becomes some other colour."""
    coarsened: float = 0.0
    """Share of photos that are made as coarse as a thumbnail."""


AUGMENTATIONS = {
    # A product alone on white fills its frame already.
    "catalogue": Augmentation(
        degrees=8,
        zoom=(0.9, 1.15),
        shift=0.06,
        stretch=1.1,
        tinted_backgrounds=0.15,
        coarsened=0.4,
        erased=0.1,
        light=0.2,
    ),
    # Somebody's photo: the thing may lie anywhere, at any size, in any light.
    "candid": Augmentation(degrees=20, zoom=(0.6, 1.0), shift=0.15, stretch=1.2, erased=0.2, light=0.3),
}


def augment(
    pixels: "Tensor",
    *,
    how: Augmentation,
    width: int,
    height: int,
    coarse: tuple[int, int],
    generator: "Generator",
) -> "Tensor":
    """Vary uint8 [n, 3, h, w] at random: float32 [n, 3, height, width] between 0 and 1.

    `coarse` is the (width, height) that coarsened photos are reduced to and enlarged from.
    """
    import torch
    from torch.nn import functional

    count = len(pixels)

    def uniform(low: float, high: float, *shape: int) -> "Tensor":
        return low + (high - low) * torch.rand(count, *shape, generator=generator)

    images = pixels.float().div_(255)
    chosen = uniform(0, 1) < how.coarsened
    if chosen.any() and tuple(images.shape[2:]) > (coarse[1], coarse[0]):
        small = functional.interpolate(images[chosen], (coarse[1], coarse[0]), mode="area")
        images[chosen] = functional.interpolate(small, images.shape[2:], mode="bilinear")

    images = _placed(images, how=how, width=width, height=height, uniform=uniform)
    tinted = (uniform(0, 1) < how.tinted_backgrounds).view(count, 1, 1, 1)
    images = torch.where(tinted, images * uniform(0.55, 1.0, 3, 1, 1), images)
    images = _focused(images, uniform(-0.6, 0.6, 1, 1, 1))
    images = _developed(images, how.light, uniform)
    images += torch.randn(images.shape, generator=generator) * uniform(0, 0.03, 1, 1, 1)
    _erase(images.clamp_(0, 1), how.erased, uniform)
    return images


def _placed(images: "Tensor", *, how: Augmentation, width: int, height: int, uniform) -> "Tensor":
    """Mirrored, turned, moved, enlarged and stretched, in one resampling."""
    import torch
    from torch.nn import functional

    count = len(images)
    angle = uniform(-1, 1) * math.radians(how.degrees)
    scale = torch.exp(uniform(math.log(how.zoom[0]), math.log(how.zoom[1])))
    stretch = torch.exp(uniform(-1, 1) * math.log(how.stretch) / 2)
    mirror = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    aspect = height / width
    across, down = scale * stretch, scale / stretch
    move = torch.zeros(count, 2, 3)
    move[:, 0, 0] = angle.cos() * across * mirror
    move[:, 0, 1] = -angle.sin() * across * aspect
    move[:, 1, 0] = angle.sin() * down / aspect * mirror
    move[:, 1, 1] = angle.cos() * down
    move[:, :, 2] = uniform(-how.shift, how.shift, 2)
    grid = functional.affine_grid(move, [count, 3, height, width], align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _focused(images: "Tensor", amount: "Tensor") -> "Tensor":
    """Sharper where the amount is positive, softer where it is negative."""
    from torch.nn import functional

    soft = functional.avg_pool2d(functional.pad(images, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return images + amount * (images - soft)


def _developed(images: "Tensor", light: float, uniform) -> "Tensor":
    """Another exposure: saturation, contrast, brightness and colour of the light."""
    saturation, contrast, brightness = (uniform(1 - light, 1 + light, 1, 1, 1) for _ in range(3))
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * saturation
    mean = images.mean((1, 2, 3), keepdim=True)
    return ((images - mean) * contrast + mean) * brightness * uniform(0.93, 1.07, 3, 1, 1)


def _erase(images: "Tensor", share: float, uniform) -> None:
    """Cover a rectangle of some photos with one colour (random erasing, Zhong et al. 2017), in place."""
    import torch

    _, _, height, width = images.shape
    sides = uniform(0.15, 0.45, 2)
    tall, wide = sides[:, 0] * height, sides[:, 1] * width
    places = uniform(0, 1, 2)
    top, left = places[:, 0] * (height - tall), places[:, 1] * (width - wide)
    rows, columns = torch.arange(height), torch.arange(width)
    vertical = (rows >= top[:, None]) & (rows < (top + tall)[:, None])
    horizontal = (columns >= left[:, None]) & (columns < (left + wide)[:, None])
    covered = vertical[:, :, None] & horizontal[:, None, :] & (uniform(0, 1) < share)[:, None, None]
    colour = uniform(0, 1, 3, 1, 1)
    torch.where(covered[:, None], colour, images, out=images)
