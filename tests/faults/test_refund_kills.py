"""A process that is killed while it scores photos: the next one does what is left, and only that."""

import subprocess
import sys

from retail_assets.config import REPOSITORY
from retail_assets.platform import Platform
from retail_assets.refunds.images import list_images
from retail_assets.refunds.tables import REFUND_ITEM_PREDICTIONS
from retail_assets.warehouse.sources import land_empty_tables
from tests.refund_photos import NIGHT, Photos

PHOTOS = 18


def score(photos: Photos, *, killed_after: int) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "tests.faults.refund_driver", photos.lake.root, killed_after]
    return subprocess.run([str(word) for word in program], capture_output=True, text=True, cwd=REPOSITORY)


def test_a_killed_run_is_finished_by_the_next(platform: Platform) -> None:
    land_empty_tables(platform)
    photos = Photos(platform.settings)
    photos.drop(*(f"photo {n}" for n in range(PHOTOS)))
    list_images(settings=platform.settings, as_of=NIGHT, admitted=photos.admitted)

    assert score(photos, killed_after=6).returncode == -9
    assert REFUND_ITEM_PREDICTIONS.read(photos.lake, NIGHT.isoformat()).is_empty()

    done = score(photos, killed_after=0)
    assert done.stdout.split() == ["14"], done.stderr  # a batch of four was finished
    assert REFUND_ITEM_PREDICTIONS.read(photos.lake, NIGHT.isoformat()).height == PHOTOS
