"""`python -m ml.escalation`: from cases to scores, and sentences that a person who gave something wrong can use."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ml.escalation.__main__ import main
from ml.escalation.contract import contract
from tests.unit.escalation.conftest import NOW, TRAINED_AT, Files

COLUMNS = [
    "case_id",
    "score",
    "label",
    "reason_codes",
    "contributions",
    "logit",
    "base_logit",
    "model_version",
    "contract_version",
    "contract_hash",
    "scored_at",
]


def run(*words: object) -> int:
    try:
        return main([str(word) for word in words])
    except SystemExit as stop:
        return int(stop.code or 0)


def scores(files: Files, folder: Path, *words: object, cases: Path | None = None) -> pl.DataFrame:
    out = folder / "scores.parquet"
    given = ["--model", files.model, "--out", out, *words]
    assert run("score", cases or files.week, "--as-of", NOW.isoformat(), *given) == 0
    return pl.read_parquet(out)


def changed(source: Path, folder: Path, change: pl.Expr) -> Path:
    path = folder / f"changed_{source.name}"
    pl.read_parquet(source).with_columns(change).write_parquet(path)
    return path


def test_contributions_add_up_to_the_logit_and_the_score_is_its_sigmoid(files: Files, tmp_path: Path) -> None:
    found = scores(files, tmp_path, "--events", files.events)
    assert found.columns == COLUMNS
    assert found["case_id"].to_list() == pl.read_parquet(files.week)["case_id"].to_list()
    parts = found.select(
        pl.col("contributions").list.eval(pl.element().struct.field("contribution")).list.sum()
    )
    gap = found["base_logit"] + parts.to_series() - found["logit"]
    assert gap.abs().max() < 1e-9  # ty: ignore[unsupported-operator]
    assert np.allclose(found["score"], 1 / (1 + np.exp(-found["logit"].to_numpy())), rtol=0, atol=1e-12)
    cuts = pl.when(pl.col("score") < 0.45).then(pl.lit("low"))
    cuts = cuts.when(pl.col("score") < 0.75).then(pl.lit("medium")).otherwise(pl.lit("high"))
    assert found["label"].to_list() == found.select(cuts).to_series().to_list()
    assert found["contract_hash"].unique().to_list() == [contract(2).hash]
    assert found["scored_at"].unique().to_list() == [NOW]


def test_reasons_are_the_strongest_contributions(files: Files, tmp_path: Path) -> None:
    for row in scores(files, tmp_path).iter_rows(named=True):
        sizes = [abs(one["contribution"]) for one in row["contributions"]]
        assert sizes == sorted(sizes, reverse=True)
        assert len(sizes) == len(contract(2).groups())
        assert 1 <= len(row["reason_codes"]) <= 4
        assert row["reason_codes"] == row["contributions"][: len(row["reason_codes"])]
        for one in row["reason_codes"]:
            assert one["direction"] == ("increases" if one["contribution"] > 0 else "decreases")
            assert one["detail"]


def test_later_outcomes_cases_and_events_change_no_score(files: Files, tmp_path: Path) -> None:
    week = pl.read_parquet(files.week)
    middle = week["created_at"].sort()[len(week) // 2]
    early = week.filter(pl.col("created_at") <= middle)
    early.write_parquet(tmp_path / "early.parquet")
    given = ("--history", files.cases, "--events", files.events)
    plain = scores(files, tmp_path, *given, cases=tmp_path / "early.parquet")
    late = pl.col("created_at") > middle + timedelta(days=1)  # no early case has an event as late
    turned = changed(
        files.cases, tmp_path, pl.when(late).then(pl.lit(True)).otherwise("escalated").alias("escalated")
    )
    events = pl.read_parquet(files.events)
    after = events.with_columns(
        pl.col("at") + timedelta(days=400),
        pl.lit("note_added").alias("type"),
        pl.format("L-{}", "event_id").alias("event_id"),
    )
    pl.concat([events, after]).write_parquet(tmp_path / "more.parquet")
    given = ("--history", turned, "--events", tmp_path / "more.parquet")
    assert_frame_equal(scores(files, tmp_path, *given, cases=tmp_path / "early.parquet"), plain)


def test_what_is_known_of_earlier_cases_changes_scores(files: Files, tmp_path: Path) -> None:
    plain = scores(files, tmp_path)
    none = changed(files.cases, tmp_path, pl.lit(False).alias("escalated"))
    assert scores(files, tmp_path, "--history", none)["score"].to_list() != plain["score"].to_list()
    unknown = changed(files.cases, tmp_path, pl.lit(None).alias("escalated"))
    assert len(scores(files, tmp_path, "--history", unknown)) == len(plain)


def test_a_replayed_log_of_events_changes_no_score(files: Files, tmp_path: Path) -> None:
    plain = scores(files, tmp_path, "--events", files.events)
    events = pl.read_parquet(files.events)
    pl.concat([events, events.reverse()]).write_parquet(tmp_path / "twice.parquet")
    assert_frame_equal(scores(files, tmp_path, "--events", tmp_path / "twice.parquet"), plain)


def test_what_is_later_is_not_scored(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scores.parquet"
    words = ("score", files.week, "--as-of", "2020-01-01", "--model", files.model, "--out", out)
    assert run(*words) == 0
    assert pl.read_parquet(out).is_empty()
    assert "later than 2020-01-01 00:00 UTC and not read" in capsys.readouterr().err


def test_a_later_row_of_an_earlier_case_or_event_is_not_read(files: Files, tmp_path: Path) -> None:
    plain = scores(files, tmp_path, "--events", files.events)
    copies = []
    for path, time in ((files.week, "created_at"), (files.events, "at")):
        rows = pl.read_parquet(path)
        later = rows.with_columns(pl.col(time) + timedelta(days=90))
        copies.append(tmp_path / path.name)
        pl.concat([later, rows, later]).write_parquet(copies[-1])
    week, events = copies
    assert_frame_equal(scores(files, tmp_path, "--events", events, cases=week), plain)


def test_the_same_cases_make_the_same_model(files: Files, tmp_path: Path) -> None:
    for name in ("one", "two"):
        words = ("--as-of", TRAINED_AT.isoformat(), "--out", tmp_path / name)
        assert run("train", files.cases, *words) == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_events_tell_what_no_label_does(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unlabelled = changed(files.cases, tmp_path, pl.lit(None).alias("escalated"))
    for version in (1, 2):
        words = ("--events", files.events, "--as-of", NOW.isoformat(), "--contract", version)
        assert run("train", unlabelled, *words, "--out", tmp_path / str(version)) == 0
        assert "with a known outcome" in capsys.readouterr().err
        out = tmp_path / "scores.parquet"
        words = ("--as-of", NOW.isoformat(), "--model", tmp_path / str(version), "--out", out)
        assert run("score", files.week, *words) == 0
        assert pl.read_parquet(out)["contract_version"].unique().to_list() == [version]


def test_evaluate_measures_and_draws(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--model", files.model, "--as-of", NOW.isoformat(), "--out", tmp_path)
    assert run("evaluate", files.cases, *words) == 0
    said = capsys.readouterr()
    assert "recall_at_review" in said.out
    assert "The model has learned from" in said.err
    assert {path.name for path in tmp_path.iterdir()} == {"roc.png", "reliability.png", "reasons.png"}


def test_evaluate_says_nothing_of_cases_that_the_model_never_saw(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pl.read_parquet(files.cases).filter(pl.col("created_at") > TRAINED_AT).write_parquet(tmp_path / "new")
    assert run("evaluate", tmp_path / "new", "--model", files.model, "--as-of", NOW.isoformat()) == 0
    assert "has learned from" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (None, "There is no file"),
        (b"nonsense", "is no Parquet file"),
        ({"case_id": ["1"]}, "has no column created_at"),
        ({"case_id": ["1"], "created_at": [1]}, "holds Int64, and no instants"),
        ({"case_id": ["1"], "created_at": ["soon"]}, "has a case_id and an instant in created_at"),
        ({"case_id": ["1"], "created_at": [NOW], "escalated": ["maybe"]}, "'maybe'; it takes true, false"),
        ({"case_id": ["1"], "created_at": [NOW], "channel": [["a"]]}, "and no plain values"),
        ({"case_id": [b"\xff"], "created_at": [NOW]}, "holds what cannot be read: invalid utf8"),
        ({"case_id": ["1"], "created_at": [NOW], "escalated": [1]}, "are too few to learn from"),
    ],
)
def test_what_cannot_be_used_is_said(
    rows: object, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.parquet"
    if isinstance(rows, bytes):
        path.write_bytes(rows)
    elif isinstance(rows, dict):
        pl.DataFrame(rows).write_parquet(path)
    assert run("train", path, "--as-of", "2026-11-20", "--out", tmp_path / "model") == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--as-of", "soon"), "'soon' is no date"),
        (("--as-of", "0001-01-01T00:00+05:00"), "is no date"),
        (("--as-of", "2026-11-20", "--seed=-1"), "'-1' is not a whole number from 0 on"),
    ],
)
def test_a_date_or_seed_that_is_none_is_refused(
    words: tuple[str, ...], sentence: str, files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", files.cases, *words, "--out", tmp_path) == 2
    assert sentence in capsys.readouterr().err


def test_generated_cases_are_the_same_for_a_seed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run("generate", "--seed", 7, "--rows", 300, "--out", tmp_path / name) == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert run("generate", "--seed", 8, "--rows", 300, "--out", tmp_path / "two") == 0
    assert len(pl.read_parquet(tmp_path / "two")) == 300
    assert (tmp_path / "one").read_bytes() != (tmp_path / "two").read_bytes()
