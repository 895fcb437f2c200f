"""Training on drawings: it learns, the same seed gives the same bytes, and what it writes can be used."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.vision.data import DatasetError, DatasetSpec, LabelledImages, load_labelled
from ml.vision.evaluate import Scores, evaluate, score
from ml.vision.model_card import write_model_card
from ml.vision.package import load_classifier, read_card
from ml.vision.recipe import Recipe
from ml.vision.train import EpochMetrics, Trained, TrainingSet, train
from ml.vision.training_pipeline import Built, build_model
from tests.unit.vision.drawings import HAT, KINDS, SHIRT, folder_per_class, labelled, parquet

ONE_EPOCH = replace(Recipe.quick(), sizes=((24, 32),), batch_size=8)


def weights(trained: Trained) -> str:
    total = hashlib.sha256()
    for name, value in sorted(trained.network.state_dict().items()):
        total.update(name.encode() + value.numpy().tobytes())
    return total.hexdigest()


def scores_of(built: Built, *kinds: str) -> Scores:
    """For drawings that the model has never seen."""
    scores, _ = score(load_classifier(built.folder), labelled(kinds, 20, first=1000))
    return scores


def test_the_loss_falls(built: Built) -> None:
    losses = [epoch.loss for epoch in built.trained.history]
    assert len(losses) == 6
    assert losses[-1] < losses[0] / 1.5
    first, last = built.trained.history[0], built.trained.history[-1]
    assert (first.images, first.width, first.height) == (320, 24, 32)
    assert last.learning_rate < first.learning_rate


def test_unseen_drawings_are_named(built: Built) -> None:
    assert scores_of(built, "Belts", "Trousers", "Watches").correct.mean() >= 0.95


def test_a_coarse_label_teaches_that_it_is_one_of_several_classes(built: Built) -> None:
    scores = scores_of(built, SHIRT)
    assert scores.correct.mean() >= 0.95
    assert (scores.probabilities * scores.allowed).sum(1).mean() > 0.5


def test_photos_of_nothing_known_end_less_confident(built: Built) -> None:
    known = scores_of(built, "Belts", "Trousers", "Watches", SHIRT)
    outside = scores_of(built, HAT)
    assert outside.confidence.mean() < known.confidence.mean() - 0.3


def test_the_same_seed_gives_the_same_bytes() -> None:
    sets = [TrainingSet(labelled(KINDS, 3), 16)]
    first, again, other = (train(sets, recipe=ONE_EPOCH, seed=seed) for seed in (7, 7, 8))
    assert weights(first) == weights(again)
    assert [epoch.loss for epoch in first.history] == [epoch.loss for epoch in again.history]
    assert weights(first) != weights(other)


def test_each_epoch_is_reported_with_the_network_as_it_is_then() -> None:
    seen: list[tuple[EpochMetrics, dict]] = []
    recipe = replace(ONE_EPOCH, sizes=((24, 32), (30, 40)))
    trained = train(
        [TrainingSet(labelled(("Belts", "Watches"), 4))],
        recipe=recipe,
        seed=0,
        report=lambda metrics, network: seen.append((metrics, network.state_dict())),
    )
    assert [(one.epoch, one.width, one.height) for one, _ in seen] == [(0, 24, 32), (1, 30, 40)]
    assert [one for one, _ in seen] == trained.history
    assert seen[-1][1].keys() == trained.network.state_dict().keys()
    assert recipe.input_size == (30, 40)


def test_photos_that_cannot_be_read_are_left_out_and_counted() -> None:
    fine = labelled(("Belts", "Watches"), 4)
    broken = LabelledImages([b"", b"text", *fine.images], ["Belts", "Watches", *fine.labels],
                            np.concatenate([fine.allowed[:2], fine.allowed]), ["x"] * 10)  # fmt: skip
    alone = broken.select([0, 1])
    trained = train([TrainingSet(alone), TrainingSet(broken)], recipe=ONE_EPOCH, seed=0)
    assert trained.unreadable == 4
    assert trained.history[0].images == 8
    for few in ([TrainingSet(alone)], [TrainingSet(fine.select([0]))], []):
        with pytest.raises(DatasetError, match="not two readable labelled photos"):
            train(few, recipe=ONE_EPOCH, seed=0)


def test_the_folder_holds_a_calibrated_model_and_how_good_it_is(built: Built) -> None:
    card = read_card(built.folder)
    assert replace(card, recipe=built.card.recipe) == built.card
    assert set(card.metrics) == {"fine", "coarse", "all"}
    assert card.metrics["fine"]["accuracy"] >= 0.9
    assert card.metrics["coarse"]["macro_recall"] is None, "no photo of it has one right class"
    assert card.metrics["all"]["photos_outside"] == 6
    assert 0 < card.review_threshold < 1
    assert (card.width, card.height) == (24, 32)
    assert "bfloat16" in card.machine
    fine = load_labelled(built.folder.parent / "fine.parquet", split="validation", name="fine")
    measured = evaluate(load_classifier(built.folder), fine)
    assert measured.metrics == pytest.approx(built.evaluations["fine"].metrics)


def test_the_card_says_what_the_model_was_made_from(built: Built) -> None:
    card = built.card
    fine = load_labelled(built.folder.parent / "fine.parquet", split="train", name="fine")
    assert [one["name"] for one in card.data] == ["fine", "coarse"]
    assert card.data[0] == {
        "name": "fine",
        "photos": 36,
        "sha256": fine.digest(),
        "labels": 3,
        "about": "Drawings.",
    }
    assert (card.seed, card.trained_at) == (1, "2026-11-21T12:00:00Z")
    assert card.recipe["learning_rate"] == 0.02
    assert json.loads((built.folder / "card.json").read_text())["command"] == card.command


def test_the_model_card_tells_people(built: Built) -> None:
    write_model_card(built)
    text = (built.folder / "MODEL_CARD.md").read_text()
    for said in (
        "# refund-item-classifier",
        "resnet18, started from random weights (from scratch)",
        "24 x 32 pixels",
        f"SHA-256 {built.card.weights_sha256}",
        "`python -m ml.vision train drawings.yaml --out MODEL`, seed 1",
        f"| fine | 36 | `{built.card.data[0]['sha256']}` |",
        "| metric | fine | coarse | all |",
        "| photos outside | 0 | 6 | 6 |",
        "* **fine**: Drawings.",
        "## Known limits",
        "* learning_rate: 0.02",
    ):
        assert said in text
    accuracy = built.card.metrics["fine"]["accuracy"]
    assert f"| accuracy | {accuracy:.3f} |" in text
    assert "nan" not in text


def test_after_each_epoch_the_folder_holds_a_model_that_can_be_loaded(tmp_path: Path) -> None:
    dataset = DatasetSpec(folder_per_class(tmp_path / "own", ("Belts", "Watches"), 8), "own")
    found = []
    built = build_model(
        [dataset],
        recipe=ONE_EPOCH,
        seed=0,
        folder=tmp_path / "made" / "model",
        command="",
        trained_at="",
        report=lambda _: found.append(load_classifier(tmp_path / "made" / "model").card.temperature),
    )
    assert found == [1.0]
    learned, validated = built.card.data[0]["photos"], built.card.metrics["own"]["photos"]
    assert (learned, validated) == (14, 2), "a folder without splits is divided"


def test_a_dataset_whose_held_out_photos_are_broken_is_not_measured(tmp_path: Path) -> None:
    own = folder_per_class(tmp_path / "own", ("Belts", "Watches"), 8)
    broken = parquet(
        tmp_path / "broken.parquet",
        LabelledImages([b"", *labelled(("Belts",), 3).images], ["Belts"] * 4, np.ones((4, 27), bool), []),
        split=["validation", "train", "train", "train"],
    )
    built = build_model(
        [DatasetSpec(own, "own"), DatasetSpec(broken, "broken")],
        recipe=ONE_EPOCH,
        seed=0,
        folder=tmp_path / "model",
        command="",
        trained_at="",
    )
    assert set(built.card.metrics) == {"own", "all"}
    assert built.card.metrics["all"]["photos_unreadable"] == 1


def test_whether_somebody_looks_changes_nothing() -> None:
    sets = [TrainingSet(labelled(KINDS, 3), 16)]
    recipe = replace(ONE_EPOCH, architecture="efficientnet_lite0", sizes=((48, 64),) * 2)
    looked, alone = (train(sets, recipe=recipe, seed=7, report=report) for report in (lambda *_: None, None))
    assert weights(looked) == weights(alone)


def test_nothing_is_trained_for_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    dataset = DatasetSpec(folder_per_class(tmp_path / "own", ("Belts",), 3), "own")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FileExistsError):
        build_model([dataset], recipe=ONE_EPOCH, seed=0, folder=tmp_path / "file", command="", trained_at="")
