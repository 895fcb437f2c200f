"""How a source writes its values: the settings behind `values:`, `parse:` and the columns of a mapping.
How they are carried out is in `conversion.py`.
"""

from dataclasses import dataclass
from decimal import Decimal

TRUE_WORDS = ("true", "t", "yes", "y", "1")
FALSE_WORDS = ("false", "f", "no", "n", "0")
NEGATIVES = ("parentheses", "trailing_minus")
EPOCHS = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}
"""Units of an epoch, in microseconds."""


@dataclass(frozen=True)
class Values:
    """One dialect. The defaults are the standard one, in which contract-named files are read."""

    decimal: str = "."
    thousands: tuple[str, ...] = ()
    strip: tuple[str, ...] = ()
    negatives: tuple[str, ...] = ()
    percent: bool = False
    scale: Decimal | None = None
    null_words: tuple[str, ...] = ()
    true_words: tuple[str, ...] = TRUE_WORDS
    false_words: tuple[str, ...] = FALSE_WORDS
    replace: tuple[tuple[str, str], ...] = ()
    translate: tuple[tuple[str, str], ...] = ()
    dates: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    time_zone: str | None = None
    """Whose clock times are of which the source does not state it, and whose days an instant's are."""
    epoch: str | None = None

    @property
    def clock(self) -> str:
        """The zone of times of which nobody says whose they are."""
        return self.time_zone or "UTC"


STANDARD = Values()
