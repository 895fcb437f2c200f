"""What the drift of a model says: whether it is time to train it again."""

import polars as pl

from ml.stability import MUCH
from retail_assets.kit.findings import Finding
from retail_assets.models.spec import Drift, ModelSpec

NAMED = 3


def drift_finding(spec: ModelSpec, drift: Drift) -> Finding:
    """Whether anything has moved too far."""
    if drift.moved is None:
        return Finding(True, {"examples": drift.examples, "not compared": drift.unknown})
    watched = drift.moved.filter("watched")
    far = watched.filter(pl.col("psi") > MUCH)
    figures = {"examples": drift.examples, "moved": far.height, "of": watched.height}
    most = ", ".join(f"{name} ({psi:.2f})" for name, psi in far.head(NAMED).select("name", "psi").iter_rows())
    return Finding(
        far.is_empty(),
        figures,
        f"{far.height:,} of {watched.height:,} have moved by more than {MUCH:g} from what version {drift.model} of "
        f"{spec.name} learned from, most of all {most}. Train it again: launch train_{spec.short_name}, or turn on the "
        f"sensor {spec.short_name}_drifted, which does so by itself.",
    )
