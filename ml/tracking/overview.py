"""The registry as a table: one row per version of every model, for people and for the warehouse."""

import dataframely as dy
import polars as pl

from ml.tracking.reading import versions
from ml.tracking.registry import Registry, Tag


def _instant(description: str, *, nullable: bool = False) -> dy.Datetime:
    return dy.Datetime(time_zone="UTC", time_unit="us", description=description, nullable=nullable)


class ModelVersions(dy.Schema):
    """Every version of every model in the registry, as the registry stood when it was last read."""

    model = dy.String(description="Name of the model.")
    version = dy.Int64(description="Version; a later one is higher.")
    alias = dy.String(
        nullable=True,
        description="champion: the version that scores. Others that somebody gave it follow.",
    )
    origin = dy.String(nullable=True, description="packaged (it came with the code) or trained (here).")
    trained_at = _instant("When it was trained, UTC.", nullable=True)
    registered_at = _instant("When it was registered, UTC.")
    data_hash = dy.String(nullable=True, description="Hash of the data it was trained on.")
    main_metric = dy.String(nullable=True, description="The metric that the gate compares.")
    metrics = dy.String(
        nullable=True,
        description="What was measured, as JSON: on the holdout, once it was evaluated there.",
    )
    frozen_set = dy.String(
        nullable=True,
        description="Hash of the holdout that the metrics are of; null: of its own validation data.",
    )
    gate_outcome = dy.String(
        nullable=True,
        description="promoted, rejected or insufficient_evidence; null when no gate was asked.",
    )
    gate_reason = dy.String(nullable=True, description="What the gate found, as a sentence.")
    promoted_at = _instant("When it last became champion, UTC.", nullable=True)
    promoted_by = dy.String(nullable=True, description="set_up, gate or decision.")
    run_id = dy.String(nullable=True, description="Its run in MLflow.")
    digest = dy.String(nullable=True, description="Hash of the model's files.")


_INSTANTS = (Tag.TRAINED_AT, Tag.PROMOTED_AT)


def model_versions(registry: Registry) -> pl.DataFrame:
    """Columns of ModelVersions, ordered by model and version; `alias` holds the aliases by comma."""
    schema = {name: column.dtype for name, column in ModelVersions.columns().items()}
    rows = [
        {column: version.tags.get(column) for column in schema}
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
    table = pl.DataFrame(rows, schema={name: texts.get(name, kind) for name, kind in schema.items()})
    return table.with_columns(
        pl.col(_INSTANTS).str.to_datetime(time_zone="UTC", time_unit="us", strict=False)
    )
