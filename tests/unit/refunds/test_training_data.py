"""What a training run learns from: datasets in folders, their descriptions, relabelled photos, no frozen photo."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from ml.vision.labels import CLASSES
from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.refunds.training.data import frozen_set, summary, training_parts
from retail_assets.refunds.training.datasets import UnusableDataset, find_datasets
from retail_assets.warehouse.sources import LEDGER
from tests.lake_builder import write_table
from tests.photos import noise


def _photos(folder: Path, label: str, contents: list[bytes]) -> None:
    (folder / label).mkdir(parents=True)
    for number, content in enumerate(contents):
        (folder / label / f"{number}.jpg").write_bytes(content)


def _ledger(settings: Settings, *, photos: Sequence[bytes] = (), decisions: Sequence[tuple] = ()) -> None:
    """Photos as loaded drops 1, 2, …; decisions as (drop, verdict, outcome), in their order."""
    lake = Lake(settings.data_dir)
    drops = []
    for sequence, content in enumerate(photos, start=1):
        sha256 = hashlib.sha256(content).hexdigest()
        stored = lake.stored_file(sha256)
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_bytes(content)
        drops.append({"sequence": sequence, "sha256": sha256, "state": "loaded"})
    said = [
        {"entry": entry, "kind": "relabel_item", "subject": str(drop), "verdict": verdict, "outcome": outcome}
        for entry, (drop, verdict, outcome) in enumerate(decisions)
    ]
    write_table(lake.ledger / "drops.parquet", LEDGER["drops"][1], drops)
    write_table(lake.ledger / "decisions.parquet", LEDGER["decisions"][1], said)


def test_every_kind_of_dataset_is_found_and_divided(settings: Settings) -> None:
    _ledger(settings)
    folder = settings.refund_training_folder
    _photos(folder / "shop", "Heels", [noise() for _ in range(20)])
    (folder / "shop" / "dataset.yaml").write_text("origin: drawn\naugmentation: candid\n")
    table = {
        "jpeg": [noise() for _ in range(4)],
        "label": ["longsleeve", "hat", "longsleeve", "hat"],
        "split": ["train", "train", "validation", "test"],
    }
    pl.DataFrame(table).write_parquet(folder / "customers.parquet")
    (folder / "customers.yaml").write_text("labels: {longsleeve: [Shirts, Tops], hat: []}\n")
    _photos(settings.refund_frozen_folder / "judges", "Heels", [noise(), noise()])
    customers, shop = training_parts(settings)
    assert (shop.name, shop.description.origin, shop.description.augmentation) == ("shop", "drawn", "candid")
    assert (len(shop.train), len(shop.validation)) == (18, 2)
    assert customers.train.labels == ["longsleeve", "hat"]
    assert [CLASSES[i] for i in customers.train.allowed[0].nonzero()[0]] == ["Shirts", "Tops"]
    assert not customers.train.allowed[1].any()
    assert len(customers.validation) == 1
    counted = summary([customers, shop], frozen_set(settings))
    assert counted["photos"].sum() == 20 + 3 + 2


def test_a_photo_that_judges_is_not_learned_from(settings: Settings) -> None:
    shared, own = noise(), [noise() for _ in range(3)]
    _ledger(settings, photos=[shared], decisions=[(1, "Heels", "accepted")])
    _photos(settings.refund_training_folder / "shop", "Heels", [shared, *own])
    _photos(settings.refund_frozen_folder / "judges", "Heels", [shared])
    parts = training_parts(settings)
    contents = {one.content(i) for p in parts for one in (p.train, p.validation) for i in range(len(one))}
    assert contents == set(own)


def test_reviewers_teach(settings: Settings) -> None:
    photos = [noise() for _ in range(3)]
    _ledger(
        settings,
        photos=[*photos, photos[0]],
        decisions=[
            (1, "Heels", "accepted"),
            (2, "outside", "accepted"),
            (3, "Belts", "refused"),
            (4, "Belts", "accepted"),  # the same photo as the first, so the last word on it
        ],
    )
    (relabels,) = training_parts(settings)
    both = zip(
        [relabels.train, relabels.validation],
        [relabels.train.labels, relabels.validation.labels],
        strict=True,
    )
    said = {
        one.content(i): (label, int(one.allowed[i].sum()))
        for one, labels in both
        for i, label in enumerate(labels)
    }
    assert said == {photos[0]: ("Belts", 1), photos[1]: ("outside", 0)}


def test_only_real_photos_are_evidence(settings: Settings) -> None:
    frozen = settings.refund_frozen_folder
    _photos(frozen / "drawn", "Heels", [noise() for _ in range(3)])
    (frozen / "drawn" / "dataset.yaml").write_text("origin: drawn\n")
    belt = noise()
    _photos(frozen / "real", "Belts", [belt, belt])
    _photos(frozen / "real", "tops of all kinds", [noise()])
    (frozen / "real" / "dataset.yaml").write_text("labels: {tops of all kinds: [Tops, Shirts]}\n")
    found = frozen_set(settings)
    assert len(found.labelled) == 6
    assert {name: count for name, count in found.real_examples.items() if count} == {"Belts": 1}
    assert found.real_examples.keys() == set(CLASSES)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("origin: painted\n", "origin"),
        ("colour: red\n", "colour"),
        ("origin: [\n", "dataset.yaml"),
        ("labels: {Shoes: [Boots]}\n", "Boots"),
    ],
)
def test_a_description_that_does_not_fit_is_named(settings: Settings, text: str, says: str) -> None:
    _ledger(settings)
    folder = settings.refund_training_folder / "shop"
    _photos(folder, "Shoes" if "Shoes" in text else "Heels", [noise(), noise()])
    (folder / "dataset.yaml").write_text(text)
    with pytest.raises(UnusableDataset, match=says):
        training_parts(settings)


def test_nothing_to_learn_from_says_where_to_put_it(settings: Settings) -> None:
    _ledger(settings)
    assert find_datasets(settings.refund_training_folder) == []
    with pytest.raises(UnusableDataset, match="training/refunds"):
        training_parts(settings)
    with pytest.raises(UnusableDataset, match="refunds-frozen"):
        frozen_set(settings)
