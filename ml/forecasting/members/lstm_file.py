"""The LSTM's weights as one file of safetensors, with the recipe and the shapes beside them: nothing to unpickle."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ml.errors import ExplainedError, quoted
from ml.forecasting.members.lstm import LstmRecipe, Network, Scaling, Trained

SCALING = ("mean", "deviation", "regressors")


class WeightsRefused(ExplainedError):
    """The file holds no networks that this code made."""


def write_weights(trained: Trained, path: Path) -> None:
    tensors = {}
    for number, (network, scaling) in enumerate(zip(trained.networks, trained.scalings, strict=True)):
        tensors |= {f"{number}.network.{name}": value for name, value in network.state_dict().items()}
        tensors |= {f"{number}.{name}": torch.from_numpy(getattr(scaling, name)) for name in SCALING}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata={"recipe": json.dumps(asdict(trained.recipe), sort_keys=True)})


def read_weights(path: Path) -> Trained:
    try:
        with safe_open(path, framework="pt") as file:
            recipe = LstmRecipe(**json.loads((file.metadata() or {})["recipe"]))
            names = list(file.keys())
            tensors = {name: file.get_tensor(name) for name in names}
        pairs = [_network(tensors, number, recipe) for number in range(recipe.networks)]
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsRefused(
            f"{path} holds no weights of the LSTM: {quoted(error)}; train it again"
        ) from error
    return Trained(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs), recipe)


def _network(tensors: dict[str, torch.Tensor], number: int, recipe: LstmRecipe) -> tuple[Network, Scaling]:
    prefix = f"{number}.network."
    state = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
    channels, features = state["encoder.weight_ih_l0"].shape[1], state["ahead.weight"].shape[1]
    network = Network(channels, features, recipe.hidden, recipe.dropout)
    network.load_state_dict(state)
    network.eval()
    scaling = Scaling(*(np.asarray(tensors[f"{number}.{name}"].numpy()) for name in SCALING))
    return network, scaling
