"""What can be guessed of a file for a feed: its layout, its columns, and which of them fits where."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from retail_assets.config import Settings
from retail_assets.contract import Feed
from retail_assets.feeds.mapping.conversion import INSTANT
from retail_assets.feeds.mapping.judging import contract_kind
from retail_assets.feeds.mapping.reading import IDENTITY
from retail_assets.feeds.onboarding.proposing.matching import Placed, place
from retail_assets.feeds.onboarding.proposing.names import likeness
from retail_assets.feeds.onboarding.proposing.sampling import (
    Column,
    Opened,
    Record,
    columns_of,
    lists_in,
    open_file,
    unfolded,
    without_totals,
)
from retail_assets.feeds.readers.records import ReaderLimits
from retail_assets.names import printable


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
    out: Path | None
    """Where the mapping will lie, if that is known."""

    @property
    def source(self) -> str:
        """A name for the source: what of its file's name stays the same from day to day."""
        source = re.sub(r"[^A-Za-z0-9]+", "_", self.constant).strip("_")
        return self.feed.name if source in ("", IDENTITY) else source

    @property
    def constant(self) -> str:
        """What stands in the file's name before the first part with a digit."""
        varying = re.search(r"(?<![^_\W])[^_\W]*\d", self.path.stem)
        return printable(self.path.stem[: varying.start()] if varying else self.path.stem)

    @property
    def time_column(self) -> Column | None:
        """Times of day for the moments that have a date only."""
        return next((column for column in self.columns if column.shape.kind == "time"), None)

    @property
    def used(self) -> list[Column]:
        """The source columns that the mapping reads."""
        times = self.time_column if any(self.is_day(name) for name in self.placed) else None
        beside = [column for column in (self.amount, times) if column]
        return [*(placed.source for placed in self.placed.values()), *beside]

    def is_day(self, name: str) -> bool:
        """Whether a moment of the contract was given a day without a time."""
        moment = contract_kind(self.feed.columns[name]) is INSTANT
        return moment and self.placed[name].source.shape.kind == "date"

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
        free = [c for c in self.columns if all(c.name != p.source.name for p in self.placed.values())]
        scored = [(likeness(c.name, feed=self.feed.name, column="amount"), c) for c in free]
        scored = [(s, c) for s, c in scored if s > 0.55 and c.shape.kind in ("integer", "number")]
        return max(scored, key=lambda pair: pair[0])[1] if scored and self.price else None

    @property
    def document(self) -> Column | None:
        """What numbers the lines of a document when no column does."""
        heads = [name for name in self.feed.key if name != "line_number" and name in self.placed]
        wanted = "line_number" in self.feed.key and "line_number" not in self.placed
        return self.placed[heads[0]].source if wanted and heads else None


def draft_mapping(path: Path, *, feed: Feed, settings: Settings, out: Path | None) -> Draft:
    """Everything that can be guessed; raises Unreadable."""
    with tempfile.TemporaryDirectory(prefix="retail-propose-") as folder:
        opened = open_file(path, folder=Path(folder), limits=ReaderLimits.of(settings))
    sample, totals = without_totals(opened.sample)
    drafts = []
    for unfold in [None, *lists_in(sample)]:
        lines = list(unfolded(sample, unfold))
        columns = columns_of(lines)
        drafts.append(
            Draft(
                path=path,
                feed=feed,
                opened=opened,
                columns=columns,
                placed=place(feed, columns),
                unfold=unfold,
                lines=lines,
                totals=totals,
                time_zone=settings.time_zone,
                out=out,
            )
        )
    return max(drafts, key=lambda draft: sum(name in draft.placed for name in feed.required))
