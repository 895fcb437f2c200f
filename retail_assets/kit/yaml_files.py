"""YAML files that settings name."""

from pathlib import Path
from typing import Any

import yaml

from retail_assets.errors import ExplainedError


def read_yaml(file: Path, *, setting: str, refused: type[ExplainedError]) -> Any:
    """What a file holds; raises `refused`, naming the file, and the environment variable to correct."""
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise refused(f"{file} cannot be read ({error.strerror}). Correct {setting}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise refused(f"{file} is no YAML: {' '.join(str(error).split())}.") from error
