"""How a network is trained: everything that decides what it becomes, but for the photos and the seed."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """How a network is trained."""

    architecture: str = "efficientnet_lite0"
    pretrained: bool = True
    """Start from ImageNet weights."""
    sizes: tuple[tuple[int, int], ...] = ((96, 128),) * 12
    """Input (width, height) of each epoch."""
    batch_size: int = 128
    learning_rate: float = 0.05
    warmup: float = 0.08
    """Part of the training in which the rate rises."""
    weight_decay: float = 5e-4
    smoothing: float = 0.06
    attribute_weight: float = 0.15
    """What the loss of each attribute counts beside that of the class."""
    balance: float = 0.3
    """Classes are drawn by their number of photos to the power of 1 - balance."""
    average: float = 0.998
    """Decay of the moving average of the weights, which is the network that is kept."""
    threads: int | None = None

    @property
    def epochs(self) -> int:
        return len(self.sizes)

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height that the finished network is made for."""
        return self.sizes[-1]

    @classmethod
    def usual(cls, architecture: str, *, pretrained: bool) -> "Recipe":
        """From scratch takes larger steps than from ImageNet weights, and more of them on smaller photos."""
        if pretrained:
            return cls(architecture)
        return cls(architecture, pretrained=False, sizes=((60, 80),) * 12, learning_rate=0.2)

    @classmethod
    def quick(cls) -> "Recipe":
        """Seconds instead of an hour: to see that everything is connected."""
        return replace(
            cls.usual("resnet18", pretrained=False),
            sizes=((24, 32),) * 3,
            batch_size=32,
            learning_rate=0.02,
            threads=1,
            average=0.9,
        )
