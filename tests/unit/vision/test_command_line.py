"""`python -m ml.vision`: exit codes, and sentences that a person who typed something wrong can use."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from PIL import Image
from rich.console import Console

from ml import terminal
from ml.vision.__main__ import main
from ml.vision.package import PACKAGED_MODEL, read_card
from ml.vision.training_pipeline import Built
from retail_assets.config import REPOSITORY
from tests.unit.vision.drawings import folder_per_class


@pytest.fixture
def model(built: Built) -> str:
    return str(built.folder)


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[str], str]:
    """Exit code, rows printed, and what was said beside them."""
    try:
        code = main([str(word) for word in words])
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, said = capsys.readouterr()
    return code, out.splitlines(), said


# predict


def test_photos_of_a_folder_are_named(
    photos: Path, model: str, built: Built, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows, said = run(capsys, "predict", photos, "--model", model)
    assert code == 0
    named = [row.split("\t")[:2] for row in rows]
    assert named == [[f"{photos}/{name}.png", name] for name in ("Belts", "Trousers", "Watches")]
    assert "3 photos: " in said
    assert "0 could not be read" in said
    assert f"Model {built.card.version}, " in said


def test_one_bad_file_never_stops_the_rest(
    photos: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(photos / "Belts.png", photos / "new\nline 👟.png")
    (photos / "loop.jpg").symlink_to("loop.jpg")
    (photos / "text.jpg").write_text("hello")
    (photos / "folders").symlink_to(photos)
    os.mkfifo(photos / "pipe.jpg")
    odd = ("missing [red]", photos, "y" * 300)
    code, rows, said = run(capsys, "predict", photos, *odd, "--model", model, "--batch-size", 2)
    assert code == 0
    answers = {row.split("\t")[0].removeprefix(f"{photos}/"): row.split("\t")[1:] for row in rows}
    assert len(rows) == 9
    assert answers["new\\nline 👟.png"][0] == "Belts"
    for name, reason in {
        "loop.jpg": "cannot_open",
        "text.jpg": "not_an_image",
        "pipe.jpg": "not_a_file",
        "missing [red]": "cannot_open",
        "y" * 300: "cannot_open",
    }.items():
        assert answers[name][:2] == ["", ""]
        assert answers[name][2].startswith(reason)
    assert "There is no missing [red]." in said
    assert "9 photos: " in said
    assert "5 could not be read" in said


def test_nothing_readable_is_a_failure(
    tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, said = run(capsys, "predict", tmp_path, "--model", model)
    assert code == 1
    assert "No photos found. Give photo files, or folders that hold some." in said
    (tmp_path / "text.jpg").write_text("hello")
    code, rows, said = run(capsys, "predict", tmp_path, "--model", model)
    assert (code, len(rows)) == (1, 1)
    assert "1 could not be read" in said


def test_a_table_is_written_where_it_is_asked_for(
    photos: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "folder" / "predictions.parquet"
    code, rows, said = run(capsys, "predict", photos, "--out", out, "--top-k", 100, "--model", model)
    assert (code, rows) == (0, [])
    assert f"Written to {out}." in said
    table = pl.read_parquet(out)
    assert {"path", "predicted_class", "confidence", "top_k", "model_version", "error"} <= set(table.columns)
    assert table["predicted_class"].to_list() == ["Belts", "Trousers", "Watches"]
    assert table["top_k"].list.len().to_list() == [27] * 3


def test_a_table_that_cannot_be_written_is_said_so(
    photos: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, said = run(capsys, "predict", photos, "--out", photos, "--model", model)
    assert code == 1
    assert "is a folder; name a file in it." in said
    (tmp_path / "file").touch()
    code, _, said = run(capsys, "predict", photos, "--out", tmp_path / "file" / "x.parquet", "--model", model)
    assert code == 1
    assert "FileExistsError: " in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["predict"], "PATH"),
        (["predict", "x", "--batch-size", "0"], "'0' is not a whole number above 0"),
        (["predict", "x", "--top-k", "-1"], "'-1' is not a whole number above 0"),
        (["predict", "x", "--top-k", "many"], "'many' is not a whole number above 0"),
        (["predict", "x", "--unknown"], "--unknown"),
        (["train", "x"], "--out"),
        (
            ["train", "x", "--out", "y", "--sizes", "48x48*2"],
            "is not like 48x64*7,72x96*4: sizes of three to four",
        ),
        (["train", "x", "--out", "y", "--sizes", "48x64*0"], "is not like"),
        (["train", "x", "--out", "y", "--sizes", "big"], "is not like"),
        (["train", "x", "--out", "y", "--sizes", "0x0"], "is not like"),
        (["train", "x", "--out", "y", "--learning-rate", "0"], "'0' is not a number above 0"),
        (["train", "x", "--out", "y", "--learning-rate", "nan"], "'nan' is not a number above 0"),
        (["train", "x", "--out", "y", "--threads", "1.5"], "'1.5' is not a whole number above 0"),
        (["guess"], "invalid choice"),
        ([], "command"),
    ],
)
def test_wrong_words_are_explained(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, said = run(capsys, *words)
    assert code == 2
    assert message in said


def test_a_model_that_is_none(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, rows, said = run(capsys, "predict", photos, "--model", tmp_path)
    assert (code, rows) == (1, [])
    assert said.startswith(f"NotAModel: {tmp_path} holds no usable model: card.json")
    assert "\n" not in said.strip()


def test_a_champion_without_a_registry(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = f"sqlite:///{tmp_path}/none.db"
    code, rows, said = run(capsys, "predict", photos, "--model", "champion", "--registry", registry)
    assert (code, rows) == (1, [])
    assert said.startswith("RegistryUnreachable: ")
    assert not (tmp_path / "none.db").exists()


def test_rows_go_to_standard_output_while_a_bar_is_on_the_terminal(
    photos: Path, model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(terminal, "CONSOLE", Console(file=screen, force_terminal=True))
    code, rows, _ = run(capsys, "predict", photos, "--model", model)
    assert (code, len(rows)) == (0, 3)
    assert "Belts.png" not in screen.getvalue()
    assert "photos" in screen.getvalue()


def test_the_packaged_model_answers_unless_told_otherwise(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows, said = run(capsys, "predict", photos)
    assert (code, len(rows)) == (0, 3)
    assert f"Model {read_card(PACKAGED_MODEL).version}, " in said


def test_a_reader_who_has_seen_enough_is_no_error(
    photos: Path, model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(sys, "stdout", open(writer, "w"))  # noqa: PTH123, SIM115
    code = main(["predict", str(photos), "--model", model])
    sys.stdout.close()
    assert code == 1
    assert capsys.readouterr().err == ""


def test_it_is_a_command_and_says_how_it_is_used() -> None:
    command = [sys.executable, "-m", "ml.vision", "predict", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == 0
    assert "--top-k" in done.stdout


# train and evaluate


def test_a_model_is_trained_from_a_folder_per_class_and_evaluated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = folder_per_class(tmp_path / "own.photos", ("Belts", "Watches"), 10)
    (own / "Belts" / "broken.png").write_bytes(b"no photo, and for training")
    out = tmp_path / "models" / "first"
    how = "--architecture resnet18 --no-pretrained --sizes 24x32 --batch-size 8 --threads 1 --seed 3"
    code, rows, said = run(capsys, "train", own, *how.split(), f"--out={out}")
    assert code == 0, said
    assert "epoch 1/1 at 24x32: loss " in said
    assert any("accuracy" in row for row in rows)
    card = json.loads((out / "card.json").read_text())
    assert card["command"] == f"python -m ml.vision train own.photos {how} --out=MODEL", (
        "where somebody keeps photos and models stays with them"
    )
    assert card["seed"] == 3
    assert "# refund-item-classifier" in (out / "MODEL_CARD.md").read_text()

    code, rows, said = run(capsys, "evaluate", own, "--model", out, "--split", "validation")
    assert code == 0, said
    assert f"{card['metrics']['own']['accuracy']:.4f}" in " ".join(rows)


def test_evaluation_shows_metrics_and_slices(
    built: Built, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "sets.yaml"
    listed.write_text(
        "datasets: [{name: fine, path: fine.parquet}, "
        "{name: '[red]', path: coarse.parquet, labels: {t-shirt: [Tshirts, Tops], hat: []}}]"
    )
    code, rows, said = run(capsys, "evaluate", listed, "--data", built.folder.parent, "--model", model)
    assert code == 0, said
    shown = "\n".join(rows)
    for metric, value in built.card.metrics["fine"].items():
        line = next(row for row in rows if metric in row)
        assert (f"{value:,.0f}" if metric.startswith("photos") else f"{value:.4f}") in line
    assert "thumbnail" in shown
    assert "[red]" in shown
    assert "nan" not in shown


@pytest.mark.parametrize("command", ["evaluate", "train"])
def test_data_that_cannot_be_used(
    command: str, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.parquet").write_text("hello")
    (tmp_path / "sets.yaml").write_text("datasets: [{name: x}]")
    folder_per_class(tmp_path / "odd", ("Belts",), 2)
    (tmp_path / "odd" / "Belts").rename(tmp_path / "odd" / "Gürtel\x1b[31m")
    where = ["--out", tmp_path / "model"] if command == "train" else ["--model", model]
    for name, message in {
        "missing.parquet": "there is no such file or folder.",
        "text.parquet": "it is no Parquet file that can be read",
        "sets.yaml": "expected `datasets:`",
        "odd": "label 'Gürtel\\x1b[31m' is none of the classes",
    }.items():
        code, rows, said = run(capsys, command, tmp_path / name, *where)
        assert (code, rows) == (1, [])
        assert said.startswith("DatasetError: ")
        assert message in said
        assert "\x1b" not in said


def test_an_architecture_that_there_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = folder_per_class(tmp_path / "own", ("Belts", "Watches"), 4)
    code, _, said = run(capsys, "train", own, "--architecture", "vgg", "--out", tmp_path / "model")
    assert code == 1
    assert said.startswith(
        "UnknownArchitecture: No architecture 'vgg'; there are: efficientnet_lite0, resnet18."
    )


def test_photos_too_small_for_the_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = folder_per_class(tmp_path / "own", ("Belts", "Watches"), 4)
    code, _, said = run(capsys, "train", own, "--sizes", "96x128,24x32", "--out", tmp_path / "model")
    assert code == 1
    assert said.startswith("UnsuitableSize: efficientnet_lite0 cannot be given photos of 24x32: ")


def test_a_name_that_is_no_utf8(photos: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    Image.new("RGB", (6, 8)).save(photos / name)
    code, rows, _ = run(capsys, "predict", photos, "--model", model)
    assert (code, len(rows)) == (0, 4)
    assert rows[-1].startswith(f"{photos}/caf\\xe9.png\t")
