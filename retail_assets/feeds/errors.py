"""Errors of the feeds package that a person can act on."""


class Unreadable(Exception):
    """A file that cannot become rows. It goes to quarantine with `reason` and `message`.

    `reason` is a stable code (`too_large`, `not_text`, `missing_columns`, …), `message` one sentence that
    says what was expected, what was found and what to do.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message


class MappingError(Exception):
    """A source mapping that is wrong; the text names file, line and what would be right."""


class DiskFull(Exception):
    """No space is left; the text names the place and how much is free. Nothing is lost."""
