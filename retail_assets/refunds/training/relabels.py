"""Photos of returned items whose class a person said: what reviewers teach the next model."""

from typing import TYPE_CHECKING

import polars as pl

from retail_assets.intake.ledger_tables import LOADED
from retail_assets.lake import Lake

if TYPE_CHECKING:
    from ml.vision.data import LabelledImages

NAME = "relabels"


def relabelled_photos(lake: Lake) -> "LabelledImages | None":
    """Photos that count, with the last word on each of their contents; None when there are none."""
    import numpy as np

    from ml.vision.data import LabelledImages
    from ml.vision.labels import CLASSES

    decisions = pl.read_parquet(lake.ledger / "decisions.parquet", glob=False).filter(
        "accepted", kind="relabel_item"
    )
    drops = pl.read_parquet(lake.ledger / "drops.parquet", glob=False).filter(state=LOADED)
    said = (
        decisions.with_columns(pl.col("subject").cast(pl.Int64).alias("drop"))
        .join(drops.select("sequence", "sha256"), left_on="drop", right_on="sequence")
        .sort("entry")
        .unique("sha256", keep="last", maintain_order=True)
        .sort("sha256")
    )
    if said.is_empty():
        return None
    labels = said["verdict"].to_list()
    # `outside` is none of the classes: nothing counts as right.
    allowed = np.array([[name == label for name in CLASSES] for label in labels], bool)
    return LabelledImages(
        images=[lake.stored_file(sha256) for sha256 in said["sha256"]],
        labels=labels,
        allowed=allowed,
        sources=[NAME] * said.height,
    )
