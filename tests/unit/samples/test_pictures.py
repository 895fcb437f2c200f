"""The drawings: always the same bytes, files of the size asked for, nothing that looks like another thing twice."""

import io
import subprocess
import sys

import pytest
from PIL import Image

from ml.vision.labels import CLASSES
from retail_assets.samples.pictures.photo import DRAWINGS, OTHERS, photo

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
