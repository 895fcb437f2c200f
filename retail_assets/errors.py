"""Errors that a person can act on; every text says what was expected, what was found and what to do."""

from ml.errors import ExplainedError

__all__ = ["DiskFull", "ExplainedError", "MappingError", "Unreadable", "UnusableDatabase"]


class Unreadable(Exception):
    """A file that cannot become rows. It goes to quarantine with `reason` and `message`.

    `reason` is a stable code (`too_large`, `not_text`, `missing_columns`, …), `message` one sentence that
    says what was expected, what was found and what to do.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message


class MappingError(ExplainedError):
    """A source mapping that is wrong; the text names file, line and what would be right."""


class DiskFull(ExplainedError):
    """No space is left; the text names the place and how much is free. Nothing is lost."""


class UnusableDatabase(ExplainedError):
    """The platform database is away, locked, broken or not this code's; the text says what to do."""
