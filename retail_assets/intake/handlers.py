"""Handlers: what each kind of drop needs to come in. Claim, store and ledger are the same for all of them.

A handler says in which inbox folders its drops lie, which files there are its own, and what their bytes become:

* `OneByOne` reads each drop by itself (tables);
* `Batch` judges drops together that come by the thousand (photos);
* `Container` takes a drop apart, and its parts become drops of their own (archives, e-mails).

Which handlers there are is the business of the flows that bring them; admission is handed the list.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from retail_assets.errors import Unreadable
from retail_assets.intake.ledger_tables import Drop
from retail_assets.intake.row_counts import RowCounts
from retail_assets.names import NameTaken, by_name

DECISIONS = "decisions"
"""The inbox folder that every admission takes: what people decided comes first."""


@dataclass(frozen=True)
class Inbox:
    """A folder into which sources drop."""

    folder: str
    """As the ledger names it."""
    path: Path
    levels: int = 0
    """So many levels of folders in it are looked into; a drop's name is then `folder/file`."""


@dataclass(frozen=True)
class Identity:
    """What makes two drops the same to their handler: contents are written under the content key."""

    source: str
    source_version: str
    name_values: Mapping[str, str]
    content_key: str
    notes: Any = field(default=None, compare=False)
    """What the handler found out on the way, for its own reading."""


@dataclass(frozen=True)
class Outcome:
    """What the bytes of a drop became."""

    rows: Mapping[str, int] = field(default_factory=dict)
    """Rows by the feed that holds them."""
    counts: Sequence[RowCounts] = ()
    records: int | None = None
    unknown_columns: Sequence[str] = ()
    left_out: Sequence[str] = ()
    """Parts of the drop that nobody asked for, in words: another sheet, say."""
    encoding_doubt: str | None = None
    """The encoding that was guessed, and what else it could be; None where it is certain."""
    metadata: Mapping[str, str | int] = field(default_factory=dict)
    """What a content is beside its rows, as its flow wants to know it: a photo's width, say."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Hashes of the files that were put into the lake, by their path in the data folder."""


@dataclass(frozen=True)
class Part:
    """A file that came in another drop, unpacked."""

    name: str
    path: Path
    modified_ns: int


@dataclass(frozen=True)
class Unpacked:
    """What a drop was taken apart into: parts that become drops, and what is counted of the others."""

    parts: Sequence[Part]
    counts: RowCounts
    metadata: Mapping[str, str | int] = field(default_factory=dict)
    """What the drop is beside its parts, as its flow wants to know it: a mail's sender, say."""


@dataclass(frozen=True)
class Nesting:
    """Where a container lies, and what else came in the outermost one so far: limits are for all of it together."""

    depth: int = 0
    """How many containers it lies in."""
    parts: int = 0
    size: int = 0


Unpack = Callable[[Path, Drop, Nesting, Path], Unpacked]
"""Of the stored bytes, the drop, what it lies in, and a folder for the parts. Raises Unreadable."""


LoadSmall = Callable[[Sequence[tuple[Path, Drop, Identity]]], Sequence[Outcome | Exception]]


@dataclass(frozen=True)
class OneByOne:
    """Drops that are read and judged each by itself."""

    load: Callable[[Path, Drop, Identity], Outcome]
    """Of the stored bytes. Puts finished files in place, so that doing it twice is doing it once. Raises
    Unreadable."""
    load_small: LoadSmall | None = None
    """The same for small drops of different contents, together, where that is quicker: for each what it became, or
    what `load` would raise."""


@dataclass(frozen=True)
class Batch:
    """Drops that come by the thousand and become no rows: judged together, in few transactions."""

    load: Callable[[Sequence[Path]], Iterable[Outcome | Unreadable]]
    """Of stored bytes, one for each in the order given. What it raises costs the files that raise it by themselves."""


@dataclass(frozen=True)
class Container:
    """Drops whose parts become drops of their own."""

    unpack: Unpack


def _everything(folder: str, name: str) -> bool:
    return True


def _nothing(folder: str, name: str) -> None:
    return None


def _nothing_more(
    connection: Connection, drop: Drop, identity: Identity, outcome: Outcome
) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Handler:
    """How one kind of drop comes in. Its name is that of its sensor."""

    name: str
    description: str
    reader: OneByOne | Batch | Container
    identify: Callable[[Drop], Identity]
    """May raise Unreadable."""
    inboxes: tuple[Inbox, ...] = ()
    everywhere: bool = False
    """Whether its files may lie in every inbox folder, whoever's it is; it is asked before the others."""
    takes: Callable[[str, str], bool] = _everything
    """Of an inbox folder and a file's name: is it one of these? Of several handlers the first one has it."""
    holds: Callable[[str, str], str | None] = _nothing
    """Of the same: why the file has to stay in the inbox for now, as a sentence."""
    duplicate_of: Callable[[Connection, Drop, Identity], int | None] | None = None
    """The loaded drop with the same bytes that this one repeats. By default: the last one of its folder with the same
    content."""
    after_load: Callable[[Connection, Drop, Identity, Outcome], Iterable[str]] = _nothing_more
    """What else happens in the transaction that loads a drop; gives lines for the report."""
    starts: Callable[[str], Iterable[str]] = lambda _: ()
    """Of an inbox folder: the feeds and computed tables that a drop there may change."""


class Handlers:
    """The handlers of a platform, in the order in which they are asked."""

    def __init__(self, handlers: Sequence[Handler]) -> None:
        """Raises NameTaken when the inbox folders of two of them cannot be told apart."""
        self.all = tuple(sorted(handlers, key=lambda handler: not handler.everywhere))
        _require_distinct_inboxes(self.all)

    @cached_property
    def inboxes(self) -> dict[str, Inbox]:
        """Every inbox folder by name; as deep as the deepest of its handlers says."""
        found: dict[str, Inbox] = {}
        for inbox in (inbox for handler in self.all for inbox in handler.inboxes):
            known = found.get(inbox.folder)
            if known is None or inbox.levels > known.levels:
                found[inbox.folder] = inbox
        return found

    def find(self, folder: str, name: str) -> Handler | None:
        """The handler of a file; None when nobody takes it."""
        for handler in self.all:
            here = handler.everywhere or any(inbox.folder == folder for inbox in handler.inboxes)
            if here and handler.takes(folder, name):
                return handler
        return None

    def started_by(self, folders: Iterable[str]) -> set[str]:
        """The feeds and computed tables that drops in some inbox folders may change.

        Whoever's drop starts a run, it takes all that lies in the folder.
        """
        return {
            name
            for folder in folders
            for handler in self.all
            if any(inbox.folder == folder for inbox in handler.inboxes)
            for name in handler.starts(folder)
        }

    def watched(self, handler: Handler) -> list[Inbox]:
        """The inbox folders in which a handler's files may lie."""
        return list(self.inboxes.values()) if handler.everywhere else list(handler.inboxes)

    def of(self, folder: str, name: str) -> Handler:
        handler = self.find(folder, name)
        if handler is None:
            raise Unreadable(
                "no_handler",
                f"Nothing in the platform reads files like {name} in {folder}. Drop it where its kind is read, or "
                "bring a handler.",
            )
        return handler


def _require_distinct_inboxes(handlers: Iterable[Handler]) -> None:
    there = [(handler.name, inbox) for handler in handlers for inbox in handler.inboxes]
    by_name("inbox folder", ((inbox.folder, name, inbox.path) for name, inbox in there), shared=True)
    for (name, inbox), (other_name, other) in permutations(there, 2):
        if inbox.folder != other.folder and inbox.path.is_relative_to(other.path):
            raise NameTaken(
                f"The inbox folder {inbox.folder} of {name} lies in {other.folder} of {other_name}: a drop there "
                "would be a drop of both. Give one of them another place."
            )
