"""Are bytes on disk still those that were written? Disks rot, and people mean well. And names made of hashes."""

import hashlib
import json
from pathlib import Path
from typing import Any

GONE, CHANGED = "are gone", "are not those that were written"


def sha256_of(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def key_of(*parts: Any) -> str:
    """A name for what comes of these parts: the same parts, as JSON has them, give the same."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def damage(path: Path, sha256: str) -> str | None:
    """What is wrong with the bytes of a file, as the end of a sentence; None when they have their hash."""
    try:
        return None if sha256_of(path) == sha256 else CHANGED
    except FileNotFoundError:
        return GONE
