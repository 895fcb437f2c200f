"""What a source mapping says, as data. `keys` makes it from YAML, `compile.py` makes SQL of it."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.expressions import Expression
from retail_assets.feeds.mapping.keys.where import Where
from retail_assets.feeds.mapping.reshape.steps import Step
from retail_assets.feeds.mapping.spelled_names import normalised
from retail_assets.feeds.mapping.values.dialect import STANDARD, Values
from retail_assets.feeds.readers.layout import ABOVE, FileLayout


@dataclass(frozen=True)
class FromColumn:
    column: str


@dataclass(frozen=True)
class Constant:
    text: str


@dataclass(frozen=True)
class FromFileName:
    group: str


@dataclass(frozen=True)
class FromSql:
    expression: Expression


@dataclass(frozen=True)
class FromDateAndTime:
    date: str
    time: str


@dataclass(frozen=True)
class DerivedLineNumber:
    """The record's place within its document."""


Origin = FromColumn | Constant | FromFileName | FromSql | FromDateAndTime | DerivedLineNumber


@dataclass(frozen=True)
class Cell:
    """Where the value of one contract column comes from, and how it is read."""

    origin: Origin
    values: Values = STANDARD
    default: str | None = None
    bad_values: str | None = None
    """`flag` or `reject`; None: as the contract says of its column."""
    zone: str | None = None
    """The column that says whose clock times are meant."""
    where: Where = field(default=Where(), compare=False)
    prefix: str = ""
    """Stands before a text that is there."""


@dataclass(frozen=True)
class Block:
    """The columns of one feed."""

    feed: Feed
    cells: dict[str, Cell]
    where: Where = field(default=Where(), compare=False)

    def flags(self, column: str) -> bool:
        """Whether a bad value of a column becomes null and is flagged, instead of rejecting its record."""
        cell = self.cells.get(column)
        chosen = cell.bad_values if cell else None
        return chosen == "flag" or (chosen is None and column in self.feed.descriptive)


@dataclass(frozen=True)
class Rule:
    """A condition, and what it does to the records that meet it. `action`: leave_out, reject, send_to or admit."""

    name: str
    when: Expression
    action: str
    flag: bool = False
    """Whether those that are admitted are flagged under its name."""
    feed: str | None = None
    cells: dict[str, Cell] = field(default_factory=dict)
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Target:
    """What the records of a file become in one feed."""

    name: str
    block: Block
    unnest: str | None = None
    """The list whose elements are its records: `unfold` in mappings."""
    document: Cell | None = None
    replaces: str | None = None
    version: Cell | None = None
    at_least: float | None = None
    """The share of the records of a document or day that a later one has to bring to replace it; None: as the
    platform's setting says."""
    repeats: str | None = None
    """Where line numbers are derived, what becomes of a record that repeats another of its document: `keep`, `drop`;
    None: it is kept, but a document that stands in the file twice is not."""
    lines_by: tuple[str, ...] = ()
    """The columns by which a line is known in another file; by default all that the target takes."""
    filters: tuple[Rule, ...] = ()
    """Conditions of records that it leaves out: `leave_out` in mappings."""
    rules: tuple[Rule, ...] = ()
    sent: dict[str, Block] = field(default_factory=dict)
    where: Where = field(default=Where(), compare=False)

    @property
    def blocks(self) -> list[Block]:
        return [self.block, *self.sent.values()]

    @property
    def derives_line_numbers(self) -> bool:
        cells = [cell for block in self.blocks for cell in block.cells.values()]
        return any(isinstance(cell.origin, DerivedLineNumber) for cell in cells)


@dataclass(frozen=True)
class ParsedColumn:
    """A source column whose type the mapping declares for its expressions."""

    type: str
    values: Values
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class SourceMapping:
    """One source's dialect."""

    name: str
    version: str
    folder: str
    targets: tuple[Target, ...]
    files: tuple[str, ...] = ()
    name_values: str | None = None
    layout: FileLayout = field(default_factory=FileLayout)
    values: Values = STANDARD
    parse: dict[str, ParsedColumn] = field(default_factory=dict)
    filters: tuple[Rule, ...] = ()
    reshape: tuple[Step, ...] = ()
    """What makes the rows that targets read of the file's records; nothing: they read the records."""
    rejected_at_most: float | None = None
    """The share of its records that may be rejected; None: as the platform's setting says."""
    where: Where = field(default=Where(), compare=False)

    def declared(self, column: str) -> ParsedColumn | None:
        """What `parse` says of a column, however it is spelled there."""
        return self._declared.get(normalised(column))

    @cached_property
    def _declared(self) -> dict[str, ParsedColumn]:
        return {normalised(name): parsed for name, parsed in self.parse.items()}

    @property
    def name_parts(self) -> dict[str, str]:
        """The names that `name_values` gives to parts of a file name, and `file.above` to what stands above the names
        of columns, each with an empty value."""
        above = [f"{ABOVE}{name}" for name in self.layout.names_above]
        return dict.fromkeys([*re.compile(self.name_values or "").groupindex, *above], "")
