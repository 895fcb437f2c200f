"""What training learns from: datasets in folders, their descriptions, relabelled photos, no photo of the holdout."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from ml.vision.labels import CLASSES
from retail_assets.intake.ledger_export import EXPORTED
from retail_assets.platform import Platform
from retail_assets.refunds.settings import RefundSettings
from retail_assets.refunds.training.data import holdout_photos, summary, training_parts
from retail_assets.refunds.training.datasets import UnusableDataset, find_datasets
from tests.lake_builder import write_table
from tests.photos import noise


def _training(platform: Platform) -> Path:
    return platform.settings_of(RefundSettings).training_folder(platform.lake.root)


def _holdout(platform: Platform) -> Path:
    return platform.settings_of(RefundSettings).holdout_folder(platform.lake.root)


def _photos(folder: Path, label: str, contents: list[bytes]) -> None:
    (folder / label).mkdir(parents=True)
    for number, content in enumerate(contents):
        (folder / label / f"{number}.jpg").write_bytes(content)


def _ledger(platform: Platform, *, photos: Sequence[bytes] = (), decisions: Sequence[tuple] = ()) -> None:
    """Photos as loaded drops 1, 2, …; decisions as (drop, verdict, accepted), in their order."""
    lake = platform.lake
    drops = []
    for sequence, content in enumerate(photos, start=1):
        sha256 = hashlib.sha256(content).hexdigest()
        stored = lake.stored_file(sha256)
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_bytes(content)
        drops.append({"sequence": sequence, "sha256": sha256, "state": "loaded"})
    said = [
        {
            "entry": entry,
            "kind": "relabel_item",
            "subject": str(drop),
            "verdict": verdict,
            "accepted": accepted,
        }
        for entry, (drop, verdict, accepted) in enumerate(decisions)
    ]
    write_table(lake.ledger / "drops.parquet", EXPORTED["drops"][1], drops)
    write_table(lake.ledger / "decisions.parquet", EXPORTED["decisions"][1], said)


def test_every_kind_of_dataset_is_found_and_divided(platform: Platform) -> None:
    _ledger(platform)
    folder = _training(platform)
    _photos(folder / "shop", "Heels", [noise() for _ in range(20)])
    (folder / "shop" / "dataset.yaml").write_text("origin: drawn\naugmentation: candid\n")
    table = {
        "jpeg": [noise() for _ in range(4)],
        "label": ["longsleeve", "hat", "longsleeve", "hat"],
        "split": ["train", "train", "validation", "test"],
    }
    pl.DataFrame(table).write_parquet(folder / "customers.parquet")
    (folder / "customers.yaml").write_text("labels: {longsleeve: [Shirts, Tops], hat: []}\n")
    _photos(_holdout(platform) / "judges", "Heels", [noise(), noise()])
    customers, shop = training_parts(platform)
    assert (shop.name, shop.description.origin, shop.description.augmentation) == ("shop", "drawn", "candid")
    assert (len(shop.train), len(shop.validation)) == (18, 2)
    assert customers.train.labels == ["longsleeve", "hat"]
    assert [CLASSES[i] for i in customers.train.allowed[0].nonzero()[0]] == ["Shirts", "Tops"]
    assert not customers.train.allowed[1].any()
    assert len(customers.validation) == 1
    counted = summary([customers, shop], holdout_photos(platform))
    assert counted["photos"].sum() == 20 + 3 + 2


def test_a_photo_that_judges_is_not_learned_from(platform: Platform) -> None:
    shared, own = noise(), [noise() for _ in range(3)]
    _ledger(platform, photos=[shared], decisions=[(1, "Heels", True)])
    _photos(_training(platform) / "shop", "Heels", [shared, *own])
    _photos(_holdout(platform) / "judges", "Heels", [shared])
    parts = training_parts(platform)
    contents = {one.content(i) for p in parts for one in (p.train, p.validation) for i in range(len(one))}
    assert contents == set(own)


def test_reviewers_teach(platform: Platform) -> None:
    photos = [noise() for _ in range(3)]
    _ledger(
        platform,
        photos=[*photos, photos[0]],
        decisions=[
            (1, "Heels", True),
            (2, "outside", True),
            (3, "Belts", False),
            (4, "Belts", True),  # the same photo as the first, so the last word on it
        ],
    )
    (relabels,) = training_parts(platform)
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


def test_only_real_photos_are_evidence(platform: Platform) -> None:
    holdout = _holdout(platform)
    _photos(holdout / "drawn", "Heels", [noise() for _ in range(3)])
    (holdout / "drawn" / "dataset.yaml").write_text("origin: drawn\n")
    belt = noise()
    _photos(holdout / "real", "Belts", [belt, belt])
    _photos(holdout / "real", "tops of all kinds", [noise()])
    (holdout / "real" / "dataset.yaml").write_text("labels: {tops of all kinds: [Tops, Shirts]}\n")
    found = holdout_photos(platform)
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
def test_a_description_that_does_not_fit_is_named(platform: Platform, text: str, says: str) -> None:
    _ledger(platform)
    folder = _training(platform) / "shop"
    _photos(folder, "Shoes" if "Shoes" in text else "Heels", [noise(), noise()])
    (folder / "dataset.yaml").write_text(text)
    with pytest.raises(UnusableDataset, match=says):
        training_parts(platform)


def test_the_folder_of_the_holdout_is_known_by_its_old_name_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETAIL_REFUND_FROZEN_DIR", str(tmp_path / "old"))
    assert RefundSettings().holdout_folder(tmp_path) == tmp_path / "old"
    monkeypatch.setenv("RETAIL_REFUND_HOLDOUT_DIR", str(tmp_path / "new"))
    assert RefundSettings().holdout_folder(tmp_path) == tmp_path / "new"


def test_nothing_to_learn_from_says_where_to_put_it(platform: Platform) -> None:
    _ledger(platform)
    assert find_datasets(_training(platform)) == []
    with pytest.raises(UnusableDataset, match="training/refunds"):
        training_parts(platform)
    with pytest.raises(UnusableDataset, match="refunds-holdout"):
        holdout_photos(platform)
