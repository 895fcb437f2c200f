"""The registry as a table: one row per version of every model, for people and for the warehouse."""

import polars as pl

from ml.tracking.reading import versions
from ml.tracking.registry import Registry, Tag

_INSTANT = pl.Datetime("us", "UTC")
SCHEMA = {
    "model": pl.String,
    "version": pl.Int64,
    "alias": pl.String,
    "origin": pl.String,
    "trained_at": _INSTANT,
    "registered_at": _INSTANT,
    "data_hash": pl.String,
    "main_metric": pl.String,
    "metrics": pl.String,
    "frozen_set": pl.String,
    "gate_outcome": pl.String,
    "gate_reason": pl.String,
    "promoted_at": _INSTANT,
    "promoted_by": pl.String,
    "run_id": pl.String,
    "digest": pl.String,
}
_INSTANTS = (Tag.TRAINED_AT, Tag.PROMOTED_AT)


def model_versions(registry: Registry) -> pl.DataFrame:
    """Columns of SCHEMA, ordered by model and version; `metrics` is JSON, `alias` the aliases by comma."""
    rows = [
        {column: version.tags.get(column) for column in SCHEMA}
        | {
            "model": version.model,
            "version": version.number,
            "alias": ", ".join(version.aliases) or None,
            "registered_at": version.registered_at,
            "run_id": version.run_id,
        }
        for version in versions(registry)
    ]
    texts = dict.fromkeys(_INSTANTS, pl.String)
    table = pl.DataFrame(rows, schema={name: texts.get(name, kind) for name, kind in SCHEMA.items()})
    return table.with_columns(pl.col(_INSTANTS).str.to_datetime(time_zone="UTC", time_unit="us"))
