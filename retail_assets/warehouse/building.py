"""The mark of a warehouse under construction.

dbt builds one model after the other, so a run that is killed leaves marts of two nights beside each other.
The mark stands from before dbt starts until dbt has succeeded; publication refuses while it stands.
"""

import json
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path

from retail_assets.lake import Lake, put_in_place, sync_folder
from retail_assets.warehouse.errors import HalfBuilt

EVERYTHING = "*"


@contextmanager
def building(lake: Lake, models: Collection[str] | None = None) -> Generator[None]:
    """Mark `models` (None: all there are) as under construction while the body runs dbt.

    Hold the warehouse lock around it. A body that raises, or a process that dies, leaves the mark. A later
    run takes away only what it built itself: a small run must not vouch for the models of a killed big one.
    """
    names = frozenset([EVERYTHING] if models is None else models)
    _write(lake, unfinished(lake) | names)
    yield
    _write(lake, frozenset() if models is None else unfinished(lake) - names)


def unfinished(lake: Lake) -> frozenset[str]:
    """Models that a run began to build and did not finish; `*` stands for all of them."""
    mark = _mark(lake)
    return frozenset(json.loads(mark.read_text(encoding="utf-8"))) if mark.exists() else frozenset()


def require_whole(lake: Lake) -> None:
    """Raise HalfBuilt when a run left the warehouse half-built."""
    models = unfinished(lake)
    if models:
        what = "its models" if EVERYTHING in models else ", ".join(sorted(models))
        raise HalfBuilt(
            f"A run that failed or was killed left the warehouse half-built ({what}), so nothing was "
            "published and readers keep the last release. Run `make nightly`, or materialise all models in "
            "the UI."
        )


def _mark(lake: Lake) -> Path:
    return lake.warehouse.parent / "building"


def _write(lake: Lake, models: frozenset[str]) -> None:
    mark = _mark(lake)
    if models:
        mark.parent.mkdir(parents=True, exist_ok=True)
        unfinished_mark = mark.with_suffix(".new")
        unfinished_mark.write_text(json.dumps(sorted(models)), encoding="utf-8")
        put_in_place(unfinished_mark, mark)
    else:
        mark.unlink(missing_ok=True)
        sync_folder(mark.parent)
