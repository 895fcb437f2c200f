"""What the drift of a model says: whether it is time to train it again."""

from typing import Any

import polars as pl

from ml.stability import MUCH
from retail_assets.kit.findings import Finding
from retail_assets.models.spec import Drift, ModelSpec

NAMED = 3


def drift_finding(spec: ModelSpec, drift: Drift) -> Finding:
    """Whether anything has moved too far, or is worse than it was said to be."""
    if drift.moved is None and drift.promises is None:
        return Finding(True, {"examples": drift.examples, "not compared": drift.unknown})
    figures: dict[str, Any] = {"examples": drift.examples}
    wrong = []
    if drift.moved is not None:
        watched = drift.moved.filter("watched")
        far = watched.filter(pl.col("psi") > MUCH)
        figures |= {"moved": far.height, "of": watched.height}
        if not far.is_empty():
            wrong.append(_moved(far, watched.height, spec, drift.model))
    if drift.promises is not None:
        figures |= dict(drift.promises.select("name", "found").iter_rows())
        if not (broken := drift.promises.filter(~pl.col("is_kept"))).is_empty():
            wrong.append(_broken(broken, spec, drift))
    again = (
        f"Train it again: launch train_{spec.short_name}, or turn on the sensor {spec.short_name}_drifted, which does "
        "so by itself."
    )
    return Finding(not wrong, figures, " ".join([*wrong, again]))


def _moved(far: pl.DataFrame, watched: int, spec: ModelSpec, version: str) -> str:
    most = ", ".join(f"{name} ({psi:.2f})" for name, psi in far.head(NAMED).select("name", "psi").iter_rows())
    return (
        f"{far.height:,} of {watched:,} have moved by more than {MUCH:g} from what version {version} of {spec.name} "
        f"learned from, most of all {most}."
    )


def _broken(broken: pl.DataFrame, spec: ModelSpec, drift: Drift) -> str:
    said = ", ".join(
        f"{name} is {found:.3f} (its training: {promised:.3f})"
        for name, promised, found in broken.select("name", "promised", "found").iter_rows()
    )
    return (
        f"Of the newest {drift.examples:,} nights or cases of version {drift.model} of {spec.name}, {said}."
    )
