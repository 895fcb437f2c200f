"""Which language model is asked, how long it may take, and what a run may spend on it."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from ml.errors import ExplainedError

KEY, BASE_URL, MODEL = "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"
DEFAULT_MODEL = "gpt-5.4-mini"
MODES = ("auto", "on", "off")
SECRETS = (KEY, "OPENAI_ADMIN_KEY")


class NoLanguageModel(ExplainedError):
    """A language model was asked for that cannot be asked."""


@dataclass(frozen=True)
class Settings:
    """One run's language model. Prices are for a million tokens."""

    key: str = field(repr=False)
    model: str = DEFAULT_MODEL
    base_url: str | None = None
    """Of any server that speaks chat completions; none: that of OpenAI."""
    seconds: float = 60.0
    """For one try."""
    document_seconds: float = 180.0
    """For all tries of a document, with the waits between them."""
    retries: int = 2
    """After 429, 5xx and broken connections; the package waits longer each time."""
    side_by_side: int = 4
    """Documents that are asked about at a time."""
    most_tokens: int = 2_000_000
    """Of a run; the rest of it is offline."""
    most_cost: Decimal | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    answer_tokens: int = 8_000
    """Of one answer; a longer one is cut off and not taken."""
    kept: Path | None = None
    """A folder for answers: the same document is never asked about twice."""

    def __post_init__(self) -> None:
        if self.most_cost is not None and (self.input_price is None or self.output_price is None):
            raise NoLanguageModel(
                "A limit of the cost needs the prices of a million tokens: --llm-prices INPUT OUTPUT"
            )


def key_for(mode: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The key to ask with, none where nothing is asked; `on` without a key is refused."""
    if mode == "off":
        return None
    key = environment.get(KEY, "").strip()
    if not key and mode == "on":
        raise NoLanguageModel(f"A language model needs a key: set {KEY}, or take --llm off")
    return key or None


@contextmanager
def hidden_secrets() -> Generator[None]:
    """Keys are no part of the environment meanwhile: processes that read strangers' files start without them."""
    taken = {name: os.environ.pop(name) for name in SECRETS if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(taken)
