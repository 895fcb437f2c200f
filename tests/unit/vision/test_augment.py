"""What augmentation may change in a photo, and what it may not."""

import math

import pytest
import torch

from ml.vision.augment import AUGMENTATIONS, Augmentation, augment

STILL = Augmentation(degrees=0, zoom=(1.0, 1.0), shift=0, stretch=1, erased=0, light=0)


def varied(pixels: torch.Tensor, how: Augmentation, *, seed: int = 0, coarse: tuple[int, int] = (60, 80)):
    generator = torch.Generator().manual_seed(seed)
    return augment(pixels, how=how, width=48, height=64, coarse=coarse, generator=generator)


def bars(count: int, *, tall: int, wide: int) -> torch.Tensor:
    """Dark bars upright in the middle of white pages of 60 by 80."""
    pages = torch.full((count, 3, 80, 60), 255, dtype=torch.uint8)
    pages[:, :, 40 - tall // 2 : 40 + tall // 2, 30 - wide // 2 : 30 + wide // 2] = 20
    return pages


def shapes(images: torch.Tensor) -> list[tuple[float, float, float]]:
    """Of what is dark in each image: its area, how far it leans from upright (degrees), how long it is for its
    width."""
    found = []
    for image in images:
        rows, columns = torch.nonzero(image.mean(0) < 0.35, as_tuple=True)
        values, axes = torch.linalg.eigh(torch.cov(torch.stack([columns, rows]).float()))
        lean = math.degrees(math.acos(min(1.0, abs(float(axes[1, 1])))))
        found.append((float(len(rows)), lean, float((values[1] / values[0]).sqrt())))
    return found


@pytest.mark.parametrize("name", AUGMENTATIONS)
@pytest.mark.parametrize("size", [(60, 80), (30, 40), (120, 160)])
def test_any_photo_becomes_an_image_of_the_size_asked_for(name: str, size: tuple[int, int]) -> None:
    pixels = torch.randint(0, 256, (5, 3, size[1], size[0]), dtype=torch.uint8)
    before = pixels.clone()
    images = varied(pixels, AUGMENTATIONS[name])
    assert images.shape == (5, 3, 64, 48)
    assert images.dtype == torch.float32
    assert float(images.min()) >= 0
    assert float(images.max()) <= 1
    assert torch.equal(pixels, before), "the photos themselves are used again"


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_all_randomness_comes_from_the_generator(name: str) -> None:
    pixels = torch.randint(0, 256, (8, 3, 80, 60), dtype=torch.uint8)
    first = varied(pixels, AUGMENTATIONS[name])
    torch.manual_seed(99)
    assert torch.equal(first, varied(pixels, AUGMENTATIONS[name]))
    assert not torch.equal(first, varied(pixels, AUGMENTATIONS[name], seed=1))
    assert not torch.allclose(first[0], first[1], atol=0.1)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_a_thing_stays_as_long_and_as_upright_as_it_is(name: str) -> None:
    how = AUGMENTATIONS[name]
    only_placed = Augmentation(how.degrees, how.zoom, how.shift, how.stretch, erased=0, light=0)
    (area, lean, length), *_ = shapes(varied(bars(1, tall=40, wide=10), STILL))
    assert lean < 1
    assert length == pytest.approx(4, rel=0.1)
    found = shapes(varied(bars(60, tall=40, wide=10), only_placed))
    leans = [one for _, one, _ in found]
    assert max(leans) < how.degrees * how.stretch + 2
    assert max(leans) > how.degrees / 2, "photos do differ in rotation"
    assert all(abs(one / length - 1) < how.stretch - 1 + 0.2 for _, _, one in found)
    low, high = (area / zoom**2 for zoom in reversed(how.zoom))
    assert all(low * 0.8 < one < high * 1.2 for one, _, _ in found)


def test_photos_are_mirrored_and_never_upside_down() -> None:
    page = torch.full((80, 3, 80, 60), 255, dtype=torch.uint8)
    page[:, :, 10:30, 5:20] = 0  # above and on the left
    images = varied(page, STILL)
    dark = images.mean(1) < 0.35
    above, left = dark[:, :32].flatten(1).sum(1), dark[:, :, :24].flatten(1).sum(1)
    assert (above > 0).all()
    assert not dark[:, 32:].any()
    assert 20 < int((left > 0).sum()) < 60


def test_a_coarsened_photo_has_the_detail_of_a_thumbnail() -> None:
    detailed = torch.zeros(4, 3, 160, 120, dtype=torch.uint8)
    detailed[:, :, ::2] = 255
    how = Augmentation(0, (1.0, 1.0), 0, 1, erased=0, light=0, coarsened=1.0)
    assert float(varied(detailed, how).std()) < 0.1
    thumbnail = torch.zeros(4, 3, 80, 60, dtype=torch.uint8)
    thumbnail[:, :, :40] = 255
    assert float(varied(thumbnail, how).std()) > 0.4, "a thumbnail has no more to lose"


def test_white_backgrounds_are_tinted_where_it_is_asked_for() -> None:
    pages = bars(40, tall=20, wide=20)
    how = Augmentation(0, (1.0, 1.0), 0, 1, erased=0, light=0, tinted_backgrounds=1.0)
    assert float(varied(pages, how)[:, :, :8].amin(1).mean()) < 0.85
    assert float(varied(pages, STILL)[:, :, :8].mean()) > 0.9


def test_a_share_of_the_photos_is_covered_in_part() -> None:
    white = torch.full((200, 3, 80, 60), 255, dtype=torch.uint8)
    how = Augmentation(0, (1.0, 1.0), 0, 1, erased=0.3, light=0)
    covered = (varied(white, how).amin(1) < 0.8).flatten(1).float().mean(1)
    assert 0.15 < float((covered > 0.01).float().mean()) < 0.4
    assert float(covered.max()) < 0.25, "most of a photo is always left"
