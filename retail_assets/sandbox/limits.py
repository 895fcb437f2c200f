"""What a child process may take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one kind of request."""

    memory_bytes: int
    file_bytes: int
    """Of each file that it writes."""
    seconds: float
    threads: int = 1
