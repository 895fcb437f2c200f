"""Drawn pictures with their classes, so that training has something to learn from where nobody has labelled photos.

They say that they are drawn: what is measured on them promotes no model.
"""

from pathlib import Path

from retail_assets.lake import scratch_folder
from retail_assets.platform import Platform
from retail_assets.refunds.settings import RefundSettings
from retail_assets.samples.pictures.photo import DRAWINGS, OTHERS, WORN, photo

WIDTH = 96
NAME = "drawn"
DESCRIPTION = f"origin: drawn\nlabels:\n{''.join(f'  {thing}: []{chr(10)}' for thing in OTHERS)}"

SETS = {"training": (100_000, 5), "holdout": (200_000, 2)}
"""First number and pictures of each class: numbers that no case's photo has, and no other set."""


def write_labelled(platform: Platform) -> None:
    """The training set and the holdout, where their folders are the platform's own and hold none yet."""
    settings, lake = platform.settings_of(RefundSettings), platform.lake
    for name, own, folder in (
        ("training", settings.refund_training_dir is None, settings.training_folder(lake.root)),
        ("holdout", settings.refund_holdout_dir is None, settings.holdout_folder(lake.root)),
    ):
        if own and not (folder / NAME).exists():
            first, each = SETS[name]
            folder.mkdir(parents=True, exist_ok=True)
            with scratch_folder(lake) as scratch:
                _draw(scratch / NAME, range(first, first + each))
                (scratch / NAME).replace(folder / NAME)


def _draw(folder: Path, numbers: range) -> None:
    for thing in DRAWINGS | OTHERS:
        (folder / thing).mkdir(parents=True)
        for number in numbers:
            at_home = number % 3 == 0 and thing not in WORN
            (folder / thing / f"{number}.jpg").write_bytes(photo(thing, number, width=WIDTH, at_home=at_home))
    (folder / "dataset.yaml").write_text(DESCRIPTION, encoding="utf-8")
