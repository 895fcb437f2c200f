"""The word lists of `words.yaml`."""

from functools import cache
from pathlib import Path

import yaml


@cache
def listed(name: str) -> frozenset[str]:
    """One of the lists; compare with lower case."""
    lists = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
    return frozenset(lists[name])
