"""What a run may spend on the language model, and what it has spent."""

from dataclasses import dataclass
from decimal import Decimal

from ml.documents.llm.settings import Settings

CHARACTERS_A_TOKEN = 3
"""Fewer than there are, so that a question is never cheaper by estimate."""
TOKENS_A_PICTURE = 2_500
_MICRO = Decimal("0.000001")


@dataclass(frozen=True)
class Usage:
    """Tokens of questions and of answers."""

    input: int = 0
    output: int = 0

    @property
    def tokens(self) -> int:
        return self.input + self.output


class Budget:
    """Tokens and cost of a run. A question reserves the most that it can take and gives back the rest."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self.spent = Usage()
        self._reserved = Usage()

    def reserve(self, most: Usage) -> bool:
        """Whether there is enough left for a question."""
        whole = _plus(_plus(self.spent, self._reserved), most)
        cost = self.cost(whole)
        limit = self._settings.most_cost
        if whole.tokens > self._settings.most_tokens or (limit is not None and (cost or 0) > limit):
            return False
        self._reserved = _plus(self._reserved, most)
        return True

    def settle(self, most: Usage, used: Usage) -> None:
        self._reserved = Usage(self._reserved.input - most.input, self._reserved.output - most.output)
        self.spent = _plus(self.spent, used)

    def cost(self, used: Usage) -> Decimal | None:
        """None where the prices are not known."""
        prices = self._settings.input_price, self._settings.output_price
        if prices[0] is None or prices[1] is None:
            return None
        return ((used.input * prices[0] + used.output * prices[1]) / 1_000_000).quantize(_MICRO)


def _plus(one: Usage, other: Usage) -> Usage:
    return Usage(one.input + other.input, one.output + other.output)
