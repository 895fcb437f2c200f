"""What served models share: which version of the registry they are."""

from pathlib import Path

import yaml

META = "registered_model_meta"
"""What MLflow writes beside a model that it loads from its registry."""


def registered_version(folder: Path) -> str | None:
    """The number of the version whose artifact a model's folder is; None outside a registry."""
    meta = folder.parent.parent / META
    if not meta.is_file():
        return None
    return str(yaml.safe_load(meta.read_text(encoding="utf-8"))["model_version"])
