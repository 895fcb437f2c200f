"""Fixtures of the tests that break things."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.small_disk import mounted


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk") as disk:
        yield disk
