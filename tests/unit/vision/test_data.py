"""Labelled photos from every layout, their labels and splits, and the sentences about what cannot be used."""

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ml.vision.banks import decode_banks
from ml.vision.data import (
    TRAIN,
    VALIDATION,
    DatasetError,
    DatasetSpec,
    LabelledImages,
    join,
    load_labelled,
    read_training_set,
)
from ml.vision.labels import CLASSES
from tests.unit.vision.drawings import COARSE, HAT, SHIRT, drawing, drawn, folder_per_class, labelled, parquet


def right(photos: LabelledImages) -> list[list[str]]:
    return [[name for name, fine in zip(CLASSES, row, strict=True) if fine] for row in photos.allowed]


def catalogue(folder: Path, styles: str | bytes, *photos: str) -> Path:
    (folder / "images").mkdir(parents=True)
    for number, name in enumerate(photos):
        drawing("Belts", number).save(folder / "images" / f"{name}.jpg")
    (folder / "styles.csv").write_bytes(styles if isinstance(styles, bytes) else styles.encode())
    return folder


def test_a_parquet_file_says_which_split_each_photo_is_of(tmp_path: Path) -> None:
    photos = labelled(("Belts", "Watches"), 2)
    path = parquet(tmp_path / "fine.parquet", photos, split=["train", "validation"] * 2)
    loaded = load_labelled(path, split="train")
    assert loaded.labels == ["Belts", "Watches"]
    assert right(loaded) == [["Belts"], ["Watches"]]
    assert loaded.images == [photos.images[0], photos.images[2]]
    assert loaded.sources == ["fine", "fine"]
    assert len(load_labelled(path, name="other")) == 4
    with pytest.raises(DatasetError, match="no labelled photos in split 'test'"):
        load_labelled(path, split="test")


def test_a_parquet_file_that_cannot_be_used_is_told_apart(tmp_path: Path) -> None:
    text = tmp_path / "text.parquet"
    text.write_text("hello")
    with pytest.raises(DatasetError, match="no Parquet file that can be read"):
        load_labelled(text)
    pl.DataFrame({"image": ["a.jpg"], "label": ["Belts"]}).write_parquet(tmp_path / "paths.parquet")
    with pytest.raises(
        DatasetError, match=r"expected columns jpeg .* of bytes, and label; found image \(String"
    ):
        load_labelled(tmp_path / "paths.parquet")
    pl.DataFrame({"jpeg": [b""]}).write_parquet(tmp_path / "bare.parquet")
    with pytest.raises(DatasetError, match="and label; found jpeg"):
        load_labelled(tmp_path / "bare.parquet")
    with pytest.raises(DatasetError, match="no such file or folder"):
        load_labelled(tmp_path / "missing")


def test_a_missing_photo_or_label_is_found(tmp_path: Path) -> None:
    photos = pl.DataFrame({"image": [drawn("Belts", 1), None], "label": ["Belts", "Belts"]})
    photos.write_parquet(tmp_path / "photos.parquet")
    assert load_labelled(tmp_path / "photos.parquet").images == [drawn("Belts", 1), b""]
    photos.with_columns(label=pl.Series(["Belts", None])).write_parquet(tmp_path / "labels.parquet")
    with pytest.raises(DatasetError, match="label None is none of the classes"):
        load_labelled(tmp_path / "labels.parquet")


def test_a_folder_per_class(tmp_path: Path) -> None:
    folder = folder_per_class(tmp_path / "own", ("Watches", "Belts"), 2)
    (folder / "Belts" / "notes.txt").write_text("not a photo")
    (folder / "Belts" / "nowhere.jpg").symlink_to("missing.jpg")
    (folder / "Belts" / "folder.jpg").mkdir()
    (folder / "README.md").write_text("not a class")
    (folder / "empty").mkdir()
    loaded = load_labelled(folder)
    assert [image.name for image in loaded.images if isinstance(image, Path)] == ["0.png", "1.png"] * 2
    assert loaded.labels == ["Belts", "Belts", "Watches", "Watches"]
    assert loaded.sources[0] == "own"
    with pytest.raises(DatasetError, match="no labelled photos"):
        load_labelled(folder / "empty")


def test_a_dataset_without_splits_is_divided_by_the_bytes_of_its_photos(tmp_path: Path) -> None:
    folder = folder_per_class(tmp_path / "own", ("Belts", "Watches"), 15)
    (folder / "Belts" / "copy.png").write_bytes((folder / "Belts" / "3.png").read_bytes())
    parts = {split: load_labelled(folder, split=split) for split in (TRAIN, VALIDATION)}
    contents = {split: {part.content(row) for row in range(len(part))} for split, part in parts.items()}
    assert len(parts[TRAIN]) + len(parts[VALIDATION]) == 31
    assert len(contents[VALIDATION]) == 3
    assert not contents[TRAIN] & contents[VALIDATION], "a copy would be learned from and judged by"
    again = parquet(tmp_path / "own.parquet", load_labelled(folder))
    assert load_labelled(again, split=VALIDATION).digest() == parts[VALIDATION].digest()
    with pytest.raises(DatasetError, match="it has train and validation; no 'test'"):
        load_labelled(folder, split="test")


def test_one_photo_is_for_training(tmp_path: Path) -> None:
    folder = folder_per_class(tmp_path / "own", ("Belts",), 1)
    assert len(load_labelled(folder, split=TRAIN)) == 1
    with pytest.raises(DatasetError, match="no labelled photos in split 'validation'"):
        load_labelled(folder, split=VALIDATION)


def test_a_catalogue_whose_product_names_escape_nothing(tmp_path: Path) -> None:
    lines = [
        b"id,gender,articleType,season,productDisplayName",
        b"10,Men,Belts,Fall,A belt, brown, and long",
        b'11,Men,Watches,Fall,"Quoted, as it should be"',
        b'12,Men,Watches,Fall,"One quote only',
        b'13,Men,"Belts",Fall,32" wide',
        "14,Men,Belts,Fall,Gürtel".encode("latin-1"),
        b"15,Men,Caps,Fall,A cap",
        b"16,Men,Belts,Fall,Without a photo",
        b",Men,Belts,Fall,Without an id",
        b"17,Men",
        b"../18,Men,Belts,Fall,Elsewhere",
    ]
    folder = catalogue(tmp_path / "shop", b"\n".join(lines), "10", "11", "12", "13", "14", "15", "17")
    drawing("Belts", 18).save(folder / "18.jpg")
    loaded = load_labelled(folder)
    names = [image.stem for image in loaded.images if isinstance(image, Path)]
    found = dict(zip(names, loaded.labels, strict=True))
    assert found == {"10": "Belts", "11": "Watches", "12": "Watches", "13": "Belts", "14": "Belts"}
    with_caps = load_labelled(folder, labels={"Caps": []})
    assert right(with_caps)[with_caps.labels.index("Caps")] == []


def test_a_catalogue_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"styles\.csv: columns missing: articleType"):
        load_labelled(catalogue(tmp_path / "a", "id,type\n1,Belts\n", "1"))
    with pytest.raises(
        DatasetError, match=r"lists 2 articles, 1 of them of a type that is known; none has a"
    ):
        load_labelled(catalogue(tmp_path / "b", "id,articleType\n1,Belts\n2,Caps\n"))
    with pytest.raises(DatasetError, match="cannot be read as CSV"):
        load_labelled(catalogue(tmp_path / "c", ""))


def test_coarse_labels_mean_several_classes_or_none(tmp_path: Path) -> None:
    path = parquet(tmp_path / "coarse.parquet", labelled((SHIRT, HAT, "Belts"), 1))
    assert right(load_labelled(path, labels=COARSE)) == [["Tshirts", "Tops"], [], ["Belts"]]
    with pytest.raises(DatasetError, match=r"label '(t-shirt|hat)' is none of the classes \(Sports Shoes, "):
        load_labelled(path)
    with pytest.raises(DatasetError, match="label 'Hats' is none of the classes"):
        load_labelled(path, labels=COARSE | {HAT: ["Hats"]})
    with pytest.raises(DatasetError, match="expected a list of classes"):
        load_labelled(path, labels={**COARSE, HAT: "Hats"})  # ty: ignore[invalid-argument-type]


def test_the_digest_tells_bytes_labels_and_order_apart() -> None:
    photos = labelled(("Belts", "Watches"), 2)
    digests = {
        photos.digest(),
        photos.select([1, 0, 2, 3]).digest(),
        photos.select([0, 1, 2]).digest(),
        labelled(("Belts", "Watches"), 2, first=9).digest(),
        LabelledImages(photos.images, ["x", *photos.labels[1:]], photos.allowed, photos.sources).digest(),
    }
    assert len(digests) == 5
    assert photos.digest() == labelled(("Belts", "Watches"), 2, name="renamed").digest()


def test_datasets_are_joined_in_order_and_picked_from() -> None:
    both = join([labelled(("Belts",), 2, name="a"), labelled((HAT,), 1, name="b")])
    assert (both.labels, both.sources) == (["Belts", "Belts", HAT], ["a", "a", "b"])
    assert right(both) == [["Belts"], ["Belts"], []]
    assert both.select([2]).sources == ["b"]
    assert len(both.select([])) == 0


def test_a_photo_that_vanishes_is_named(tmp_path: Path) -> None:
    folder = folder_per_class(tmp_path / "own", ("Belts",), 2)
    photos = load_labelled(folder)
    (folder / "Belts" / "1.png").unlink()
    with pytest.raises(DatasetError, match=r"Belts/1\.png"):
        photos.digest()


def test_a_training_set_lists_datasets(tmp_path: Path) -> None:
    path = tmp_path / "sets.yaml"
    path.write_text(
        "datasets:\n"
        "  - {name: catalogue, path: a.parquet, samples_per_epoch: 500}\n"
        "  - {name: 2026, path: b, augmentation: candid, labels: {hat: [], top: [Tops, Tshirts]}}\n"
    )
    assert read_training_set(path, folder=Path("/photos")) == [
        DatasetSpec(Path("/photos/a.parquet"), "catalogue", samples_per_epoch=500),
        DatasetSpec(
            Path("/photos/b"), "2026", labels={"hat": [], "top": ["Tops", "Tshirts"]}, augmentation="candid"
        ),
    ]
    assert read_training_set(path)[0].path == tmp_path / "a.parquet"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sets: []", "expected `datasets:`"),
        ("datasets: 3", "expected `datasets:`"),
        ("datasets: []", "it lists no datasets"),
        ("datasets: [a.parquet]", "expected `datasets:`"),
        ("datasets: [{path: a}]", "KeyError\\('name'\\)"),
        ("datasets: [{path: a, name: all}]", "names of their own, other than 'all'"),
        ("datasets: [{path: a, name: x}, {path: b, name: x}]", "names of their own"),
        (
            "datasets: [{path: a, name: x, sample: 3}]",
            "sample is none of about, attributes, augmentation, labels",
        ),
        ("datasets: [{path: a, name: x, augmentation: wild}]", "'wild' is none of catalogue, candid"),
        ("datasets: [{path: a, name: x, samples_per_epoch: 0}]", "at least 1"),
        ("datasets: [{path: a, name: x, samples_per_epoch: many}]", "expected `datasets:`"),
        ("datasets: [{path: a, name: x, labels: hat}]", "expected `datasets:`"),
        ("datasets: [", "expected `datasets:`"),
        ("\x00", "expected `datasets:`"),
    ],
)
def test_a_training_set_with_a_mistake_says_which(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "sets.yaml"
    path.write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_training_set(path)


@pytest.mark.parametrize("attributes", ["colour", "[colour, colour]", "[label]"])
def test_attributes_are_a_list_of_different_columns(attributes: str, tmp_path: Path) -> None:
    path = tmp_path / "sets.yaml"
    path.write_text(f"datasets: [{{path: a, name: x, attributes: {attributes}}}]")
    with pytest.raises(DatasetError, match="attributes is a list of different columns"):
        read_training_set(path)


def test_photos_are_decoded_into_the_smallest_frame_that_keeps_their_detail() -> None:
    photos = labelled(("Belts", "Watches"), 1)
    buffer = io.BytesIO()
    drawing("Belts", 3).resize((300, 400)).save(buffer, "JPEG")
    images = [photos.images[0], b"no photo", buffer.getvalue(), photos.images[1]]
    mixed = LabelledImages(images, ["Belts"] * 4, np.ones((4, 27), bool), ["x"] * 4)
    banks, lost = decode_banks(mixed, frames=[(60, 80), (30, 40)])
    assert lost == [1]
    assert [bank.rows.tolist() for bank in banks] == [[0, 3], [2]]
    assert [bank.pixels.shape for bank in banks] == [(2, 3, 40, 30), (1, 3, 80, 60)]
