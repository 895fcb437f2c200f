"""Where in a mapping file something stands, for what is said about it."""

from dataclasses import dataclass

from retail_assets.errors import MappingError

MAX_MESSAGE = 2_000
"""Characters: what is wrong may itself be as long as a mapping."""


@dataclass(frozen=True)
class Where:
    """A place in a mapping file, for messages."""

    file: str = "the contract mapping"
    line: int = 0
    path: str = ""

    def error(self, message: str) -> MappingError:
        place = f"{self.file}:{self.line}" if self.line else self.file
        said = f"{place}: {self.path}: {message}" if self.path else f"{place}: {message}"
        return MappingError(said if len(said) <= MAX_MESSAGE else f"{said[:MAX_MESSAGE]}…")
