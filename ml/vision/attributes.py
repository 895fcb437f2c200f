"""What else is known of a photo (whose item it is, its colour, its use), learned beside the class.

A network that also has to tell these looks at more of the picture than one that only tells classes apart (multi-task
learning, Caruana 1997). They are outputs behind those of the classes while it learns, and cut off afterwards.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.vision.data import LabelledImages

if TYPE_CHECKING:
    from torch import Tensor, nn

UNKNOWN = -1


@dataclass(frozen=True)
class Attributes:
    """The values of each attribute that any of the photos has, in order."""

    values: dict[str, list[str]]

    @classmethod
    def of(cls, parts: list[LabelledImages]) -> "Attributes":
        names = sorted({name for part in parts for name in part.attributes})
        return cls(
            {
                name: sorted({v for part in parts for v in part.attributes.get(name, []) if v is not None})
                for name in names
            }
        )

    @property
    def outputs(self) -> int:
        """How many outputs of the network they take."""
        return sum(map(len, self.values.values()))

    def codes(self, labelled: LabelledImages) -> np.ndarray:
        """int64 [photos, attributes]: which value each photo has, UNKNOWN where nobody said."""
        columns = []
        for name, values in self.values.items():
            index = {value: number for number, value in enumerate(values)}
            found = labelled.attributes.get(name, [None] * len(labelled))
            columns.append([UNKNOWN if value is None else index[value] for value in found])
        return np.array(columns, np.int64).reshape(len(self.values), len(labelled)).T

    def loss(self, logits: "Tensor", codes: "Tensor") -> "Tensor":
        """Cross entropy of what is known, summed over the attributes, as a mean over all photos."""
        import torch
        from torch.nn import functional

        total, first = torch.zeros(()), 0
        for column, values in enumerate(self.values.values()):
            part = logits[:, first : first + len(values)]
            summed = functional.cross_entropy(part, codes[:, column], ignore_index=UNKNOWN, reduction="sum")
            total = total + summed / len(logits)
            first += len(values)
        return total


def without_attributes(network: "nn.Module", classes: int) -> "nn.Module":
    """A copy of the network that has the outputs of its classes only."""
    from copy import deepcopy

    import torch
    from torch import nn

    network = deepcopy(network)
    name, last = [(n, m) for n, m in network.named_modules() if isinstance(m, nn.Linear)][-1]
    kept = nn.Linear(last.in_features, classes)
    with torch.no_grad():
        kept.weight.copy_(last.weight[:classes])
        kept.bias.copy_(last.bias[:classes])
    network.set_submodule(name, kept)
    return network
