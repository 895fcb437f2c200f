"""What was found wrong with series and members: one row each, so that nothing is mended or left out silently."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

EVERY_SERIES = "*"
NO_MODEL = ""
"""In the place of a model: the data are at fault."""

SCHEMA = {"series_id": pl.String, "model": pl.String, "issue": pl.String, "detail": pl.String}


@dataclass(frozen=True, order=True)
class Issue:
    """A fault and what was done about it."""

    series_id: str
    model: str
    issue: str
    detail: str


def issue_table(issues: Iterable[Issue]) -> pl.DataFrame:
    """Columns `series_id`, `model`, `issue`, `detail`; each once, in their order."""
    rows = sorted(set(issues))
    return pl.DataFrame(
        {name: [getattr(row, name) for row in rows] for name in SCHEMA},
        SCHEMA,
    )
