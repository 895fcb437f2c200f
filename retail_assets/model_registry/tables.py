"""The Parquet table that the registry keeps in the lake: declaration only."""

from ml.tracking.overview import ModelVersions
from retail_assets.kit.lake_table import LakeTable

REGISTERED_MODEL_VERSIONS = LakeTable("registered_model_versions", ModelVersions)
