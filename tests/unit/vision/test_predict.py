"""Predictions for files: one row each, in order, whatever the files are."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ml.vision.image_files import ImageLimits
from ml.vision.labels import CLASSES
from ml.vision.predict import SCHEMA, find_photos, predict_files, write_predictions
from ml.vision.scoring import BATCHES_AHEAD, cores
from tests.photos import photo as photo_of
from tests.unit.vision.drawings import by_colour, coloured


def photo(path: Path, name: str, confidence: float) -> Path:
    path.write_bytes(coloured(name, confidence))
    return path


def predicted(paths: list[Path], **options) -> pl.DataFrame:
    return pl.concat(predict_files(paths, classifier=by_colour(), **options))  # ty: ignore[invalid-argument-type]


@pytest.fixture
def mixed(tmp_path: Path) -> list[Path]:
    """Good and bad files, taking turns."""
    (tmp_path / "text.jpg").write_text("hello")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "cut.jpg").write_bytes(coloured("Belts", 0.5)[:45])
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "through.jpg").symlink_to(tmp_path / "text.jpg" / "inside.jpg")
    bad = [tmp_path / name for name in ("text.jpg", "empty.jpg", "folder.jpg", "cut.jpg", "loop.jpg",
                                        "through.jpg", "missing.jpg", "x" * 300)]  # fmt: skip
    good = [photo(tmp_path / f"{n}.png", CLASSES[n], 0.5 + n / 20) for n in range(len(bad))]
    return [path for pair in zip(good, bad, strict=True) for path in pair]


@pytest.mark.parametrize("batch_size", [1, 3, 16, 500])
def test_order_is_kept_and_one_bad_file_stops_nothing(batch_size: int, mixed: list[Path]) -> None:
    table = predicted(mixed, batch_size=batch_size)
    assert dict(table.schema) == SCHEMA
    assert table["path"].to_list() == [str(path) for path in mixed]
    good, bad = table.gather_every(2), table.gather_every(2, 1)
    assert good["predicted_class"].to_list() == list(CLASSES[: len(good)])
    assert good["confidence"].to_list() == pytest.approx([0.5 + n / 20 for n in range(len(good))], abs=0.003)
    assert good["error"].null_count() == len(good)
    reasons = [error.partition(": ")[0] for error in bad["error"]]
    assert reasons[:3] == ["not_an_image", "empty", "not_a_file"]
    assert reasons[3] in ("truncated", "corrupt")
    assert set(reasons[4:]) == {"cannot_open"}
    assert all(error.endswith(".") for error in bad["error"])
    for column in ("predicted_class", "confidence", "top_k", "entropy", "needs_review"):
        assert bad[column].null_count() == len(bad)
    assert set(table["model_version"]) == {"colour"}


def test_limits_are_the_callers(tmp_path: Path) -> None:
    table = predicted([photo(tmp_path / "a.png", "Belts", 0.9)], limits=ImageLimits(max_pixels=40))
    assert table["error"][0].startswith("too_many_pixels: ")


def test_no_photos_no_frames() -> None:
    assert list(predict_files([], classifier=by_colour())) == []  # ty: ignore[invalid-argument-type]


@pytest.mark.parametrize(("top_k", "length"), [(1, 1), (3, 3), (27, 27), (1000, 27)])
def test_top_k_are_the_most_probable_best_first(top_k: int, length: int, tmp_path: Path) -> None:
    table = predicted([photo(tmp_path / "a.png", "Belts", 0.8), tmp_path / "missing"], top_k=top_k)
    ranked = table["top_k"].to_list()
    assert ranked[1] is None
    assert len(ranked[0]) == length
    assert ranked[0][0] == {"class": "Belts", "confidence": pytest.approx(0.8)}
    confidences = [one["confidence"] for one in ranked[0]]
    assert confidences == sorted(confidences, reverse=True)
    assert len({one["class"] for one in ranked[0]}) == length


def test_entropy_is_in_nats_and_a_low_confidence_needs_review(tmp_path: Path) -> None:
    sure = photo(tmp_path / "sure.png", "Belts", 1.0)
    limit = photo(tmp_path / "limit.png", "Belts", 0.6)
    unsure = photo(tmp_path / "unsure.png", "Belts", 0.2)
    classifier = by_colour(review_threshold=float(np.float32(0.6)))
    table = pl.concat(predict_files([sure, limit, unsure], classifier=classifier))  # ty: ignore[invalid-argument-type]
    assert table["needs_review"].to_list() == [False, False, True]
    assert table["entropy"][0] == pytest.approx(0, abs=1e-6)
    assert table["entropy"][2] == pytest.approx(-0.2 * math.log(0.2) - 0.8 * math.log(0.8 / 26), rel=1e-3)


def test_only_a_few_batches_are_read_ahead(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png", "Belts", 0.9)
    taken = 0

    def endless() -> Iterator[Path]:
        nonlocal taken
        while True:
            taken += 1
            yield path

    classifier = by_colour()
    frames = predict_files(endless(), classifier=classifier, batch_size=10)  # ty: ignore[invalid-argument-type]
    for number in range(1, 8):
        assert len(next(frames)) == 10
        assert taken <= (number + cores() * BATCHES_AHEAD) * 10
    assert set(classifier.batches) == {10}
    frames.close()  # ty: ignore[missing-attribute]


def test_names_with_anything_in_them(tmp_path: Path) -> None:
    undecodable = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    names = ["line\nbreak.png", "👟👩‍👧.png", "tab\t.png", "\x1b[31mred.png", "-rf.png", "[red].png"]
    paths = [photo(path, "Belts", 0.9) for path in (undecodable, *(tmp_path / name for name in names))]
    table = predicted(paths)
    assert table["error"].null_count() == len(paths)
    assert table["path"].to_list() == [f"{tmp_path}/caf\\xe9.png", *(str(path) for path in paths[1:])]


# Which photos


def test_folders_are_searched_and_files_are_taken_as_they_are(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "sub/deep/c.heic", "notes.txt", "sub/.hidden.webp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "link.jpg").symlink_to("notes.txt")
    (tmp_path / "nowhere.jpg").symlink_to("missing")
    found = [str(path.relative_to(tmp_path)) for path in find_photos([tmp_path])]
    assert found == ["a.PNG", "b.jpg", "link.jpg", "nowhere.jpg", "sub/.hidden.webp", "sub/deep/c.heic"]
    assert list(find_photos([tmp_path / "notes.txt"])) == [tmp_path / "notes.txt"]
    assert list(find_photos([tmp_path / "sub" / "up" / "sub"])) == [
        tmp_path / "sub" / "up" / "sub" / name for name in (".hidden.webp", "deep/c.heic")
    ]


def test_photos_are_known_by_their_bytes_and_what_is_none_is_told(tmp_path: Path) -> None:
    jpeg = photo_of("red")
    names = ["a.jfif", "b.jpe", "c.mpo", "d.HIF", "IMG_1", "photo.bin", "picture.txt"]
    for name in names:
        (tmp_path / name).write_bytes(jpeg)
    (tmp_path / "notes.txt").write_text("no photo")
    (tmp_path / "empty").touch()
    skipped: list[Path] = []

    found = [path.name for path in find_photos([tmp_path], skip=skipped.append)]

    assert sorted(found) == sorted(names)
    assert [path.name for path in skipped] == ["empty", "notes.txt"]


def test_a_photo_is_taken_once_however_often_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").touch()
    monkeypatch.chdir(tmp_path)
    given = [Path("in"), tmp_path, Path("in/a.jpg"), Path("in"), tmp_path / "in"]
    assert list(find_photos(given)) == [Path("in/a.jpg")]


def test_an_empty_folder_and_one_that_links_to_itself(tmp_path: Path) -> None:
    assert list(find_photos([tmp_path])) == []
    (tmp_path / "self").symlink_to("self")
    assert list(find_photos([tmp_path / "self"])) == [tmp_path / "self"], "it gets an error of its own"
    assert list(find_photos([tmp_path])) == []


# Where predictions go


def test_a_table_of_all_photos_is_written(mixed: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out" / "deep" / "predictions.parquet"
    frames = predict_files(mixed, classifier=by_colour(review_threshold=0.6), batch_size=5)  # ty: ignore[invalid-argument-type]
    counts = write_predictions(frames, out)
    assert (counts.photos, counts.reviews, counts.errors) == (16, 2, 8)
    table = pl.read_parquet(out)
    assert dict(table.schema) == SCHEMA
    assert table.equals(predicted(mixed).with_columns(needs_review=table["needs_review"]))
    assert list(out.parent.iterdir()) == [out]


def test_the_table_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png", "Belts", 0.9)
    out = tmp_path / "out" / "predictions.parquet"
    whole = predicted([path])

    def interrupted() -> Iterator[pl.DataFrame]:
        yield whole
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_predictions(interrupted(), out)
    assert list(out.parent.iterdir()) == []
    write_predictions(iter([whole]), out)
    with pytest.raises(KeyboardInterrupt):
        write_predictions(interrupted(), out)
    assert list(out.parent.iterdir()) == [out]
    assert pl.read_parquet(out).equals(whole)
    write_predictions(iter([]), out)
    assert dict(pl.read_parquet(out).schema) == SCHEMA


def test_a_folder_in_the_way_is_found_before_anything_is_scored(tmp_path: Path) -> None:
    def never() -> Iterator[pl.DataFrame]:
        raise AssertionError("scored for nothing")
        yield

    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        write_predictions(never(), tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        write_predictions(never(), tmp_path / "file" / "out.parquet")


def test_printed_rows_keep_to_their_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = photo(tmp_path / "a\nb\x1b[31m‮👟.png", "Belts", 0.9)
    counts = write_predictions(iter([predicted([good, tmp_path / "no\r.png"])]), None)
    assert (counts.photos, counts.errors) == (2, 1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{tmp_path}/a\\nb\\x1b[31m\\u202e👟.png\tBelts\t0.902"
    assert lines[1].startswith(f"{tmp_path}/no\\r.png\t\t\tcannot_open: ")
    assert len(lines) == 2
