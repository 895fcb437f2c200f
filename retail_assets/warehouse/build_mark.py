"""The mark of a warehouse under construction.

dbt builds one model after the other, and Python may compute between two runs of dbt, so a run that is killed leaves
marts of two nights beside each other. The mark stands from before dbt starts until the last of it has succeeded;
publication refuses while it stands.
"""

import json
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path

from retail_assets.lake import Lake, put_in_place, sync_folder
from retail_assets.warehouse.errors import HalfBuilt


@contextmanager
def building(lake: Lake, models: Collection[str], *, to_come: Collection[str] = ()) -> Generator[set[str]]:
    """Mark `models` as under construction while the body runs dbt, and those that this run builds later (`to_come`)
    until it has built them.

    Hold the warehouse lock around it. A body that raises, or a process that dies, leaves the mark; what it adds to the
    set that it is given stays marked. A later run takes away only what it built itself: a small run must not vouch for
    the models of a killed big one.
    """
    _write(lake, unfinished(lake) | frozenset(models) | frozenset(to_come))
    stays: set[str] = set()
    yield stays
    _write(lake, (unfinished(lake) - frozenset(models)) | stays)


def delete_warehouse(lake: Lake, models: Collection[str]) -> None:
    """Delete the working warehouse; the `models` that it held count as unfinished from now on. Hold its lock."""
    _write(lake, unfinished(lake) | frozenset(models))
    for file in (lake.warehouse, lake.warehouse.with_name(f"{lake.warehouse.name}.wal")):
        file.unlink(missing_ok=True)


def unfinished(lake: Lake) -> frozenset[str]:
    """Models that a run began to build and did not finish."""
    mark = _mark(lake)
    return frozenset(json.loads(mark.read_text(encoding="utf-8"))) if mark.exists() else frozenset()


def require_whole(lake: Lake) -> None:
    """Raise HalfBuilt when a run left the warehouse half-built."""
    models = unfinished(lake)
    if models:
        raise HalfBuilt(
            f"A run that failed or was killed left the warehouse half-built ({', '.join(sorted(models))}), so nothing "
            "was published and readers keep the last release. Run `make nightly`, or materialise these models in the "
            "UI."
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
