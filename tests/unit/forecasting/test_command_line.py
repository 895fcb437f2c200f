"""The commands, as they are typed."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from ml.forecasting.__main__ import main
from tests.unit.forecasting.made_up import FIRST, table

QUICK = ["--models", "theta,harmonic", "--workers", "1", "--horizon", "7", "--windows", "2", "--step", "7"]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    table(5, 150, promotions=True).write_parquet(tmp_path / "panel.parquet")
    pl.DataFrame(
        {
            "series_id": [f"S{n:02d}" for n in range(5) for _ in range(7)],
            "date": [FIRST + timedelta(days=150 + day) for _ in range(5) for day in range(7)],
            "promotion": [1, 0, 0, 0, 0, 0, 0] * 5,
        }
    ).write_parquet(tmp_path / "future.parquet")
    return tmp_path


def test_backtest_then_forecast_by_its_calibration(files: Path) -> None:
    panel, calibration = str(files / "panel.parquet"), str(files / "c.json")
    accuracy, plots = files / "accuracy.parquet", files / "plots"
    words = [
        "backtest",
        panel,
        *QUICK,
        "--out",
        str(accuracy),
        "--calibration",
        calibration,
        "--plots",
        str(plots),
    ]
    assert main(words) == 0
    assert {"ensemble", "theta", "weekday_mean"} <= set(pl.read_parquet(accuracy)["model"])
    out = files / "forecast.parquet"
    words = [
        "forecast",
        panel,
        *QUICK,
        "--future",
        str(files / "future.parquet"),
        "--calibration",
        calibration,
    ]
    assert main([*words, "--levels", "50,90", "--plots", str(plots), "--out", str(out)]) == 0
    told = pl.read_parquet(out)
    assert told.columns == ["series_id", "date", "model", "mean", "lo_50", "hi_50", "lo_90", "hi_90"]
    ensemble = told.filter(pl.col("model") == "ensemble")
    assert len(ensemble) == 35
    first = ensemble.filter(pl.col("date") == ensemble["date"].min())["mean"].sum()
    again = ensemble.filter(pl.col("date") == ensemble["date"].max())["mean"].sum()
    assert first > again  # the promotion, and Thursday against Wednesday
    assert sorted(path.name for path in plots.iterdir()) == ["accuracy_by_horizon.png", "fans.png"]


def test_a_backtest_is_judged_by_the_promotions_that_a_forecast_will_know(files: Path) -> None:
    """Without the file of the days ahead nobody knows them, and it must not look as if somebody did."""
    wape = {}
    for name, words in {"with": ["--future", str(files / "future.parquet")], "without": []}.items():
        out, calibration = files / f"{name}.parquet", files / f"{name}.json"
        words = [*words, "--out", str(out), "--calibration", str(calibration)]
        assert main(["backtest", str(files / "panel.parquet"), *QUICK, "--windows", "8", *words]) == 0
        harmonic = pl.read_parquet(out).filter(model="harmonic", origin="all", segment="all")
        wape[name] = float(harmonic["wape"].to_numpy().mean())
    assert wape["with"] < 0.8 * wape["without"]


def test_the_same_input_gives_the_same_bytes(files: Path) -> None:
    written = []
    for name in ("a", "b"):
        out, issues = files / f"{name}.parquet", files / f"{name}.issues.parquet"
        words = ["forecast", str(files / "panel.parquet"), *QUICK, "--issues", str(issues), "--out", str(out)]
        assert main([*words, "--hierarchy", "store"]) == 0
        written.append(out.read_bytes() + issues.read_bytes())
    assert written[0] == written[1]
    assert "total" in set(pl.read_parquet(files / "a.parquet")["series_id"])
    told = pl.read_parquet(files / "a.issues.parquet")
    assert told.columns == ["series_id", "model", "issue", "detail"]
    assert told["issue"].to_list() == ["future_regressors"]  # no file of the days ahead was given


@pytest.mark.parametrize(
    "words",
    [
        ["forecast", "nothing.parquet", "--out", "x.parquet"],
        ["forecast", "nothing.parquet", "--calibration", "none.json", "--out", "x.parquet"],
        [
            "backtest",
            "nothing.parquet",
            "--models",
            "oracle",
            "--out",
            "x.parquet",
            "--calibration",
            "c.json",
        ],
        ["forecast", "nothing.parquet", "--country", "Atlantis", "--out", "x.parquet"],
    ],
)
def test_mistakes_are_explained(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 1


@pytest.mark.parametrize(
    "words", [["--levels", "none"], ["--levels", "0,80"], ["--horizon", "0"], ["--backend", "x"]]
)
def test_impossible_words_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(["forecast", "panel.parquet", "--out", "x.parquet", *words])


@pytest.mark.parametrize(
    "words",
    [
        ["forecast", "panel.parquet", "--out", "other/../panel.parquet"],
        ["forecast", "panel.parquet", "--future", "future.parquet", "--out", "future.parquet"],
        ["forecast", "panel.parquet", "--issues", "x.parquet", "--out", "x.parquet"],
        ["backtest", "panel.parquet", "--out", "x.parquet", "--calibration", "panel.parquet"],
    ],
)
def test_no_file_is_written_over_another_one(
    files: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(files)
    before = {path.name: path.read_bytes() for path in files.iterdir()}
    assert main([*words, *QUICK]) == 1
    assert "give another file" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in files.iterdir()} == before


def test_a_series_called_as_a_sum_is_refused_before_the_work(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table(2, 150).with_columns(series_id=pl.col("series_id").replace("S01", "total")).write_parquet(
        files / "p.parquet"
    )
    words = [
        "forecast",
        str(files / "p.parquet"),
        "--hierarchy",
        "store",
        "--out",
        str(files / "x.parquet"),
        *QUICK,
    ]
    assert main(words) == 1
    said = capsys.readouterr().err
    assert "would be called" in said and "Fitting" not in said
