"""What one kind of drop needs to come in: its inbox folders, and what its bytes become.

Claim, store and ledger are the same for everything that is dropped. Feeds become rows (`feeds_door`); a flow
whose drops are documents or photos adds how those come in, with an outcome without rows (`doors`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from retail_assets.feeds.errors import Unreadable
from retail_assets.feeds.mapping.accounts import Account


@dataclass(frozen=True)
class Identity:
    """What makes two drops the same to their reader: contents are written under the content key."""

    source: str
    source_version: str
    name_values: Mapping[str, str]
    content_key: str


@dataclass(frozen=True)
class Outcome:
    """What the bytes of a drop became."""

    rows: Mapping[str, int] = field(default_factory=dict)
    """Rows by the feed that holds them."""
    accounts: list[Account] = field(default_factory=list)
    records: int | None = None
    unknown_columns: list[str] = field(default_factory=list)
    facts: Mapping[str, str | int] = field(default_factory=dict)
    """What a content without rows is, as its flow wants to know it: a photo's width, say."""


@dataclass(frozen=True)
class Many:
    """How drops come in that come by the thousand and become no rows: judged together, in few transactions.

    As nothing supersedes them, one that repeats a loaded one (same folder, bytes and values) is a duplicate.
    """

    takes: Callable[[str, str], bool]
    """Of a folder and a file's name: is it one of these?"""
    identify: Callable[[str, str, str], Identity]
    load: Callable[[list[Path]], Iterable[Outcome | Unreadable]]
    """Of stored bytes, in the order given."""


@dataclass(frozen=True)
class Door:
    """How the drops of some inbox folders come in."""

    inboxes: Mapping[str, Path]
    """Folder as the ledger names it -> where it lies."""
    identify: Callable[[str, str, str], Identity]
    """Of a folder, a file's name and its SHA-256."""
    load: Callable[[Path, str, str, Identity], Outcome]
    """Of the stored bytes, folder, name and identity. Puts finished files in place, so that doing it twice is
    doing it once. Raises Unreadable."""
    nested: frozenset[str] = frozenset()
    """Inboxes whose folders are looked into, one level deep; a drop's name is then `folder/file`."""
    many: Many | None = None

    def is_one_of_many(self, folder: str, name: str) -> bool:
        return self.many is not None and self.many.takes(folder, name)
