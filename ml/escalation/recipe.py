"""How a model is trained: everything that decides what it becomes, but for the cases, the time and the seed."""

from dataclasses import dataclass, field

from ml.escalation.contract import CURRENT
from ml.escalation.target_statistics import Smoothing


@dataclass(frozen=True)
class Recipe:
    """How a model is trained."""

    contract_version: int = CURRENT
    half_lives: tuple[float | None, ...] = (4, 7, 10, 14, 21, 60, None)
    """Days after which a case counts half, to choose from, in ascending order.

    None: old cases count like new ones.
    """
    usual_half_life: float | None = 21
    """Where too little came to choose."""
    statistics: Smoothing = field(default_factory=Smoothing)
    folds: int = 5
    regularisation: float = 0.1
    gap_days: float = 5
    """Validation leaves out at least so many days before the days that it judges: outcomes are known late."""
    blocks: int = 3
    shortest_block: float = 3
    longest_block: float = 30
    """Days of a block of the validation: a twentieth of all days, within these bounds."""
