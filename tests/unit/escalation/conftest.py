"""Made-up cases, and one model that learned from them: made once for all tests here."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ml.escalation.__main__ import main
from ml.escalation.cases import normalised
from ml.escalation.generate import generate

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TRAINED_AT = NOW - timedelta(days=20)


def make(rows: list[dict]) -> pl.DataFrame:
    """Normalised cases; an id and a time of opening are made up where a row has none."""
    filled = [{"case_id": f"C{n}", "created_at": NOW, **row} for n, row in enumerate(rows)]
    return normalised(pl.from_dicts(filled, infer_schema_length=None))


@dataclass(frozen=True)
class Files:
    """Where the made-up cases lie."""

    cases: Path
    events: Path
    model: Path
    """Trained on the cases until TRAINED_AT."""
    week: Path
    """The cases of the last days, without labels."""


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("escalation")
    made = generate(2500, seed=7, until=NOW)
    files = Files(*(folder / name for name in ("cases.parquet", "events.parquet", "model", "week.parquet")))
    made.cases.write_parquet(files.cases)
    made.events.write_parquet(files.events)
    late = made.cases.filter(pl.col("created_at") > NOW - timedelta(days=7))
    late.drop("escalated").write_parquet(files.week)
    words = ["train", files.cases, "--as-of", TRAINED_AT.isoformat(), "--out", files.model]
    assert main([str(word) for word in words]) == 0
    return files
