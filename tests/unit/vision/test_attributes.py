"""What else is known of a photo: carried along with it, learned beside its class, and cut off the finished network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ml.vision.attributes import UNKNOWN, Attributes, without_attributes
from ml.vision.data import DatasetError, LabelledImages, join, load_labelled
from ml.vision.models import create_model
from ml.vision.recipe import Recipe
from ml.vision.train import TrainingSet, train
from tests.unit.vision.drawings import folder_per_class, labelled, parquet

COLOURS, USES = ["red", None, "blue", "red"], ["sport", "home", None, None]
ATTRIBUTES = Attributes({"colour": ["blue", "red"], "use": ["home", "sport"]})


def photos(**attributes: list[str | None]) -> LabelledImages:
    return replace(labelled(("Belts", "Watches"), 2), attributes=attributes)


def test_columns_of_a_parquet_file_are_carried_along(tmp_path: Path) -> None:
    path = parquet(tmp_path / "fine.parquet", photos(), colour=COLOURS, use=USES, price=[1, 2, 3, 4])
    loaded = load_labelled(path, attributes=["colour", "use"])
    assert loaded.attributes == {"colour": COLOURS, "use": USES}
    assert loaded.select([2, 0]).attributes == {"colour": ["blue", "red"], "use": [None, "sport"]}
    assert join([loaded, photos()]).attributes == {"colour": COLOURS + [None] * 4, "use": USES + [None] * 4}
    assert load_labelled(path).attributes == {}
    assert load_labelled(path, attributes=["price"]).attributes == {"price": ["1", "2", "3", "4"]}
    with pytest.raises(DatasetError, match=r"and label, size; found .*colour \(String\)"):
        load_labelled(path, attributes=["size"])
    with pytest.raises(DatasetError, match="attributes are columns of a Parquet file; this is a folder"):
        load_labelled(folder_per_class(tmp_path / "own", ("Belts",), 1), attributes=["colour"])


def test_what_is_said_of_photos_is_part_of_their_digest() -> None:
    said = [photos(), photos(colour=COLOURS), photos(use=COLOURS), photos(colour=COLOURS[::-1])]
    assert len({one.digest() for one in said}) == 4
    assert photos(colour=COLOURS, use=USES).digest() == photos(use=USES, colour=COLOURS).digest()


def test_values_become_codes_and_what_nobody_said_is_unknown() -> None:
    sets = [photos(colour=COLOURS), photos(use=USES), photos()]
    found = Attributes.of(sets)
    assert (found, found.outputs) == (ATTRIBUTES, 4)
    assert found.codes(sets[0]).tolist() == [[1, UNKNOWN], [UNKNOWN, UNKNOWN], [0, UNKNOWN], [1, UNKNOWN]]
    assert found.codes(sets[1])[:, 1].tolist() == [1, 0, UNKNOWN, UNKNOWN]
    assert (found.codes(sets[2]) == UNKNOWN).all()
    nothing = Attributes.of([photos()])
    assert (nothing.outputs, nothing.codes(photos()).shape) == (0, (4, 0))


def test_the_loss_is_the_cross_entropy_of_what_is_known() -> None:
    logits = torch.tensor([[0.0, 2.0, 1.0, 1.0], [3.0, 0.0, -1.0, 0.0]])
    codes = torch.tensor([[1, UNKNOWN], [1, 0]])
    surprise = np.log1p(np.exp(-2)) + np.log1p(np.exp(3)) + np.log1p(np.exp(1))
    assert ATTRIBUTES.loss(logits, codes).item() == pytest.approx(surprise / 2, rel=1e-6)
    assert ATTRIBUTES.loss(logits, torch.full((2, 2), UNKNOWN)).item() == 0
    assert Attributes({}).loss(logits[:, :0], codes[:, :0]).item() == 0


@pytest.mark.parametrize("architecture", ["resnet18", "efficientnet_lite0"])
def test_without_them_the_classes_are_as_before(architecture: str) -> None:
    network = create_model(architecture, classes=31).eval()
    cut = without_attributes(network, 27)
    pixels = torch.rand(2, 3, 32, 32)
    with torch.inference_mode():
        assert torch.allclose(cut(pixels), network(pixels)[:, :27], atol=1e-6)
        assert network(pixels).shape == (2, 31)


def test_a_network_learns_them_and_keeps_the_classes() -> None:
    recipe = replace(Recipe.quick(), sizes=((24, 32),), batch_size=8)
    seen = []
    trained, plain = (
        train(
            [TrainingSet(one), TrainingSet(photos())],
            recipe=recipe,
            seed=0,
            report=lambda _, network: seen.append(network),
        )
        for one in (photos(colour=COLOURS, use=USES), photos())
    )
    assert trained.history[0].loss > plain.history[0].loss
    for network in (trained.network, plain.network, *seen):
        assert network.eval()(torch.rand(1, 3, 32, 24)).shape == (1, 27)
