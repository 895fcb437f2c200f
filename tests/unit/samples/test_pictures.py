"""The drawings: always the same bytes, recognised by the packaged model, labelled sets that share no picture."""

import io
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.vision.images import decode_image
from ml.vision.labels import CLASSES
from ml.vision.package import PACKAGED_MODEL, load_classifier
from retail_assets.config import Settings
from retail_assets.flows import FLOWS
from retail_assets.platform import Platform
from retail_assets.refunds.sample import write_labelled
from retail_assets.refunds.settings import RefundSettings
from retail_assets.refunds.training.datasets import DRAWN, find_datasets, photo_hashes
from retail_assets.samples.pictures.photo import DRAWINGS, OTHERS, WORN, photo

DIGEST = """
import hashlib
from retail_assets.samples.pictures.photo import DRAWINGS, photo
print(hashlib.sha256(b"".join(photo(thing, 3, width=96, at_home=True) for thing in DRAWINGS)).hexdigest())
"""


def test_another_process_draws_the_same_bytes() -> None:
    runs = [
        subprocess.run([sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


@pytest.mark.parametrize("thing", [*DRAWINGS, *OTHERS])
def test_a_drawing_is_a_photo_and_no_two_are_alike(thing: str) -> None:
    drawn = [photo(thing, number, width=120) for number in range(6)]
    assert len(set(drawn)) == 6
    with Image.open(io.BytesIO(drawn[0])) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (120, 160))
        image.load()


def test_a_table_replaces_the_white_of_the_catalogue() -> None:
    white, home = (
        Image.open(io.BytesIO(photo("Belts", 1, at_home=home, format="PNG"))).getpixel((2, 2))
        for home in (False, True)
    )
    assert white == (255, 255, 255)
    assert home != white


def test_drawings_carry_the_names_of_the_classes() -> None:
    assert DRAWINGS.keys() < set(CLASSES)
    assert not OTHERS.keys() & set(CLASSES)


@pytest.fixture(scope="module")
def seen_as() -> dict[str, list[tuple[str, float]]]:
    """What the packaged model takes six drawings of each thing for, and how sure it is."""
    classifier = load_classifier(PACKAGED_MODEL)
    width, height = classifier.card.width, classifier.card.height
    drawn = [
        (thing, photo(thing, number, width=180, at_home=number % 3 == 2 and thing not in WORN))
        for thing in DRAWINGS | OTHERS
        for number in range(6)
    ]
    pixels = np.stack([decode_image(content, width=width, height=height) for _, content in drawn])
    seen: dict[str, list[tuple[str, float]]] = {}
    for (thing, _), row in zip(drawn, classifier.predict(pixels), strict=True):
        seen.setdefault(thing, []).append((classifier.classes[row.argmax()], float(row.max())))
    return seen


def test_the_packaged_model_recognises_most_drawings(seen_as: dict[str, list[tuple[str, float]]]) -> None:
    right = {thing: sum(name == thing for name, _ in seen_as[thing]) for thing in DRAWINGS}
    assert sum(right.values()) >= 0.8 * 6 * len(DRAWINGS), right
    assert sum(count >= 4 for count in right.values()) >= 18, right


def test_the_packaged_model_is_unsure_about_what_is_in_no_class(
    seen_as: dict[str, list[tuple[str, float]]],
) -> None:
    def mean(things: Iterable[str]) -> float:
        return float(np.mean([sure for thing in things for _, sure in seen_as[thing]]))

    assert mean(OTHERS) <= mean(DRAWINGS) - 0.15


def test_labelled_drawings_teach_and_judge_without_sharing_a_picture(platform: Platform) -> None:
    write_labelled(platform)
    write_labelled(platform)
    refunds, data_dir = platform.settings_of(RefundSettings), platform.settings.data_dir
    hashes = []
    for folder in (refunds.training_folder(data_dir), refunds.holdout_folder(data_dir)):
        (dataset,) = find_datasets(folder)
        assert dataset.description.origin == DRAWN
        labelled = dataset.load()
        outside = [label in OTHERS for label in labelled.labels]
        assert set(labelled.labels) == DRAWINGS.keys() | OTHERS.keys()
        assert (labelled.allowed.sum(axis=1) == 0).tolist() == outside
        hashes += photo_hashes(labelled)
    assert len(set(hashes)) == len(hashes)


def test_labelled_photos_of_the_retailer_are_left_alone(settings: Settings, tmp_path: Path) -> None:
    own = RefundSettings(refund_training_dir=tmp_path / "own")
    write_labelled(Platform(settings, FLOWS, own={RefundSettings: own}))
    assert not (tmp_path / "own").exists()
