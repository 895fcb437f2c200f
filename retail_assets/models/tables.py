"""The Parquet tables that models keep in the lake: declarations only."""

from retail_assets.lake_tables import LakeTable

REGISTERED_MODEL_VERSIONS = LakeTable(
    name="registered_model_versions",
    description="Every version of every model in the registry, as the registry stood when it was last read.",
    columns={
        "model": ("varchar", "Name of the model."),
        "version": ("bigint", "Version; a later one is higher."),
        "alias": ("varchar", "champion: the version that scores. Others that somebody gave it follow."),
        "origin": ("varchar", "packaged (it came with the code) or trained (here)."),
        "trained_at": ("timestamptz", "When it was trained, UTC."),
        "registered_at": ("timestamptz", "When it was registered, UTC."),
        "data_hash": ("varchar", "Hash of the data it was trained on."),
        "main_metric": ("varchar", "The metric that the gate compares."),
        "metrics": ("varchar", "What was measured, as JSON: on the frozen set, once it was evaluated there."),
        "frozen_set": (
            "varchar",
            "Hash of the frozen set that the metrics are of; null: of its own validation data.",
        ),
        "gate_outcome": (
            "varchar",
            "promoted, rejected or insufficient_evidence; null when no gate was asked.",
        ),
        "gate_reason": ("varchar", "What the gate found, as a sentence."),
        "promoted_at": ("timestamptz", "When it last became champion, UTC."),
        "promoted_by": ("varchar", "set_up, gate or decision."),
        "run_id": ("varchar", "Its run in MLflow."),
        "digest": ("varchar", "Hash of the model's files."),
    },
)

TABLES = [REGISTERED_MODEL_VERSIONS]
