"""What can be guessed of a file for a feed: its layout, its columns, and which of them fits where."""

import tempfile
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from retail_assets.config import Settings
from retail_assets.contract import Feed
from retail_assets.feeds.mapping.contract_sql import contract_kind
from retail_assets.feeds.mapping.load import Sources
from retail_assets.feeds.mapping.values.conversion import INSTANT
from retail_assets.feeds.onboarding.proposing.discounts import percentages
from retail_assets.feeds.onboarding.proposing.evidence import matrix, number
from retail_assets.feeds.onboarding.proposing.file_pattern import source_name
from retail_assets.feeds.onboarding.proposing.keyed import keyed_within, without
from retail_assets.feeds.onboarding.proposing.matching import Placed, place
from retail_assets.feeds.onboarding.proposing.moments import clock_in_digits
from retail_assets.feeds.onboarding.proposing.names import likeness
from retail_assets.feeds.onboarding.proposing.opening import Opened, open_file
from retail_assets.feeds.onboarding.proposing.price_units import PRICES, is_always_one, price_unit
from retail_assets.feeds.onboarding.proposing.sampling import (
    Column,
    Record,
    columns_of,
    lists_in,
    unfolded,
    without_totals,
)
from retail_assets.feeds.onboarding.proposing.words import says
from retail_assets.feeds.onboarding.repeated_names import NUMBERS_NAMES, repeated_names
from retail_assets.feeds.readers.records import ReaderLimits


@dataclass(frozen=True)
class Draft:
    """What was found out about a file, for one feed."""

    path: Path
    feed: Feed
    opened: Opened
    columns: list[Column]
    placed: dict[str, Placed]
    unfold: str | None
    lines: list[Record]
    totals: list[Record]
    time_zone: str
    sources: Sources
    """The mappings that there are already."""
    out: Path | None
    """Where the mapping will lie, if that is known."""
    keyed: str | None = None
    """An object in each record whose members are keyed by id."""

    @property
    def source(self) -> str:
        return source_name(self.path.name, feed=self.feed)

    @cached_property
    def times(self) -> tuple[Column, dict[str, Any]] | None:
        """Times of day for the moments that have a date only, and how they are written."""
        named = [column for column in self.columns if says(column.name, "clocks")]
        for column in [c for c in named if c.shape.kind == "time"] or self.columns:
            if column.shape.kind == "time":
                return column, column.shape.settings
        for column in named:
            if pattern := clock_in_digits(column.values):
                return column, {"times": [pattern]}
        return None

    @property
    def used(self) -> list[Column]:
        """The source columns that the mapping reads."""
        times = self.times if any(self.is_day(name) for name in self.placed) else None
        unit = self.price_unit if self.priced_per_unit else None
        rates = self.discounts_in_percent[:1] if self.is_priced else []
        beside = [column for column in (self.amount, times and times[0], unit, *rates) if column]
        return [*(placed.source for placed in self.placed.values()), *beside]

    def is_day(self, name: str) -> bool:
        """Whether a moment of the contract was given a day without a time."""
        shape = self.placed[name].source.shape
        written = shape if shape.kind in ("date", "datetime") else shape.as_time
        return (
            contract_kind(self.feed.columns[name]) is INSTANT
            and written is not None
            and written.kind == "date"
        )

    @cached_property
    def price_unit(self) -> Column | None:
        """The column that says of how many units the prices are."""
        return price_unit(self.columns, self.lines) if any(name in self.placed for name in PRICES) else None

    @property
    def priced_per_unit(self) -> list[str]:
        """The prices that have to be divided by it."""
        if self.price_unit is None or is_always_one(self.price_unit):
            return []
        return [name for name in PRICES if name in self.placed]

    @property
    def is_priced(self) -> bool:
        """Whether a line's quantity and price per unit have columns."""
        return "quantity" in self.placed and "unit_price" in self.placed

    @cached_property
    def discounts_in_percent(self) -> list[Column]:
        """The columns from which an amount has to be computed, where the feed wants one that no column states."""
        wanted = "discount" in self.feed.columns and "discount" not in self.placed
        return percentages(self.columns) if wanted else []

    @cached_property
    def repeated(self) -> dict[str, list[str]]:
        """The names that several columns of the file share, with all of their columns."""
        numbered = self.opened.records.format in NUMBERS_NAMES
        return repeated_names(column.name for column in self.columns) if numbered else {}

    @property
    def price(self) -> str | None:
        """The price per unit that has no column, if the feed wants one and has a quantity."""
        wanted = next((name for name in ("unit_price", "unit_cost") if name in self.feed.required), None)
        return wanted if wanted and wanted not in self.placed and "quantity" in self.placed else None

    @property
    def amount(self) -> Column | None:
        """The amount of a line, from which such a price can be computed."""
        if self.price and "net_amount" in self.placed:
            return self.placed["net_amount"].source
        placed = {placed.source.name for placed in self.placed.values()} | matrix(self.columns)
        free = [column for column in self.columns if column.name not in placed]
        scored = [(likeness(c.name, feed=self.feed.name, column="amount"), c) for c in free]
        scored = [(s, c) for s, c in scored if s > 0.55 and c.shape.kind in ("integer", "number")]
        return max(scored, key=lambda pair: pair[0])[1] if scored and self.price else None

    @property
    def document(self) -> Column | None:
        """What numbers the lines of a document when no column does."""
        heads = [name for name in self.feed.key if name != "line_number" and name in self.placed]
        wanted = "line_number" in self.feed.key and "line_number" not in self.placed
        return self.placed[heads[0]].source if wanted and heads else None

    @property
    def whole(self) -> Column | None:
        """What names the documents whose numbered lines are a list, so that each most likely comes whole."""
        numbered = (
            self.unfold and len(self.feed.key) > 1 and all(name in self.placed for name in self.feed.key)
        )
        return self.placed[self.feed.key[0]].source if numbered else None

    @cached_property
    def repeated_keys(self) -> int:
        """How many sampled records have a key that was there before; none when not every part has a column."""
        if not all(name in self.placed for name in self.feed.key):
            return 0
        names = [self.placed[name].source.name for name in self.feed.key]
        return len(self.lines) - len({tuple(record.get(name) for name in names) for record in self.lines})

    @cached_property
    def differ_in_parts(self) -> bool:
        """Whether records that share their key are rejected for what they differ in, so that none of them counts."""
        feed = self.feed
        placed = {name: placed.source.name for name, placed in self.placed.items()}
        used = {column.name for column in self.used}
        compared = [placed[name] for name in (*feed.parts, *feed.subject) if name in placed]
        if "_extra" in feed.parts:
            compared += [column.name for column in self.columns if column.name not in used]
        signed = placed.get(feed.signed)
        found: dict[tuple, set[tuple]] = defaultdict(set)
        for record in self.lines:
            is_negative = bool(signed) and (number(str(record.get(signed) or "")) or 0) < 0
            said = tuple(str(record.get(name)) for name in compared)
            found[tuple(str(record.get(placed[name])) for name in feed.key)].add((is_negative, *said))
        return any(len(different) > 1 for different in found.values())


def draft_mapping(path: Path, *, feed: Feed, settings: Settings, sources: Sources, out: Path | None) -> Draft:
    """Everything that can be guessed; raises Unreadable."""
    with tempfile.TemporaryDirectory(prefix="retail-propose-") as folder:
        opened = open_file(path, feed=feed, folder=Path(folder), limits=ReaderLimits.of(settings))
    sample, totals = without_totals(opened.sample)
    drafts = []
    keyed = keyed_within(sample)
    if keyed:
        sample = [without(record, keyed) for record in sample]
    for unfold in [None, *lists_in(sample)]:
        lines = list(unfolded(sample, unfold))
        columns = columns_of(lines, settles=opened.records.format in ("csv", "tsv"))
        drafts.append(
            Draft(
                path=path,
                feed=feed,
                opened=opened,
                columns=columns,
                placed=place(feed, columns, lines),
                unfold=unfold,
                lines=lines,
                totals=totals,
                time_zone=settings.time_zone,
                sources=sources,
                out=out,
                keyed=keyed,
            )
        )
    return max(drafts, key=lambda draft: sum(name in draft.placed for name in feed.required))
