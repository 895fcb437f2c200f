"""What a night's files have that is out of the usual for their source: told with the numbers, and never blocking."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import log
from statistics import median

import dataframely as dy

from retail_assets.config import Settings
from retail_assets.contract import Feed
from retail_assets.feeds.mapping.spelled_names import closest
from retail_assets.names import printable
from retail_assets.source_health.history import Arrivals, Delivery, History, hour_of
from retail_assets.source_health.settings import SourceHealthSettings
from retail_assets.source_health.usual import is_expected, rows_are_usual, share_is_usual

SELDOM = 0.1
"""At most this share of earlier files may lack what a file is told to lack: so it is told for some nights, until it
has become the habit."""
BY_CHANCE = log(1e-6)
"""Logarithm of the probability below which a column is not empty by chance."""
ROWS_PER_WORD = 50
"""So many earlier rows for each word make a column coded."""
ROWS_MISSED = 10
"""So many rows that usually come in the time are not missing by chance."""
NAMED = 5
LATE = 1.0
"""By how many hours the last file of a day may be later than usual."""


@dataclass(frozen=True)
class Oddity:
    """One thing about a source and a feed that is not as usual."""

    feed: str
    source: str
    what: str
    sentence: str
    drop: int | None = None


@dataclass(frozen=True)
class Judge:
    """Compares a night with those before it."""

    history: History
    nights: list[date]
    """Those that ran, the one that is judged last."""
    now: datetime
    feeds: Mapping[str, Feed]
    declared: Collection[tuple[str, str, str]]
    """Source, feed and column of what a mapping translates word by word."""
    settings: Settings
    limits: SourceHealthSettings

    @property
    def night(self) -> date:
        return self.nights[-1]

    def oddities(self) -> Iterator[Oddity]:
        """All of them, those that say most first."""
        yield from self._columns()
        yield from self._words()
        yield from self._shares()
        yield from self._deliveries()

    def _columns(self) -> Iterator[Oddity]:
        """Columns that earlier files carried and a file of the night does not, and columns that have become empty."""
        told: dict[tuple[str, str, str], list[tuple[int, str, list[str], str]]] = {}
        lacking: set[int] = set()
        for source, feed, drop, file, column, new, files, lacked in self.history.absent_columns(self.night):
            if self._carried(files, lacked):
                lacking.add(drop)
                said = f"{files - lacked:,} of {files:,} earlier files carried it"
                told.setdefault((feed, source, column), []).append((drop, file, new, said))
        yield from self._told("missing column", "without the column", told)
        told = {}
        for (
            source,
            feed,
            drop,
            file,
            column,
            new,
            rows,
            files,
            empty,
            had,
            nulls,
        ) in self.history.empty_columns(self.night):
            unlikely = rows * log((nulls + 1) / (had + 2)) < BY_CHANCE
            if drop not in lacking and unlikely and self._carried(files, empty):
                said = f"{1 - nulls / had:.0%} of {had:,} earlier rows have one"
                told.setdefault((feed, source, column), []).append((drop, file, new, said))
        yield from self._told("empty column", "without a value of", told)

    def _carried(self, files: int, lacked: int) -> bool:
        return files >= self.limits.source_least_files and lacked <= SELDOM * files

    def _told(
        self, what: str, how: str, told: Mapping[tuple[str, str, str], list[tuple[int, str, list[str], str]]]
    ) -> Iterator[Oddity]:
        for (feed, source, column), files in told.items():
            drop, file, new, said = files[0]
            more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
            name = closest(column, new)
            others = ", ".join(f"`{one}`" for one in new[:NAMED])
            hint = f"; is it `{name}` now?" if name else f"; new in it: {others}" if new else ""
            yield Oddity(feed, source, what, f"{file}{more} came {how} `{column}` ({said}{hint})", drop)

    def _words(self) -> Iterator[Oddity]:
        found: dict[tuple[str, str, str], list[tuple]] = {}
        for source, feed, column, *word in self.history.words(self.night):
            found.setdefault((feed, source, column), []).append(tuple(word))
        for (feed, source, column), words in found.items():
            _, drop, file, _, known, files, rows = words[0]
            if files >= self.limits.source_least_files and self._is_coded(
                feed, source, column, len(known), len(words), rows
            ):
                said = ", ".join(f"`{word}`" for word, *_ in words[:NAMED])
                usual = ", ".join(f"`{word}`" for word in known[:NAMED]) + (
                    ", …" if len(known) > NAMED else ""
                )
                yield Oddity(
                    feed,
                    source,
                    "new word",
                    f"{file}: {said} in {column}, never seen before (so far {usual})",
                    drop,
                )

    def _is_coded(self, feed: str, source: str, column: str, known: int, new: int, rows: int) -> bool:
        declared = self.feeds[feed].columns.get(column)
        if (source, feed, column) in self.declared or isinstance(declared, dy.Enum):
            return known > 0
        return known > 0 and known + new <= self.limits.source_words and rows >= ROWS_PER_WORD * known

    def _shares(self) -> Iterator[Oddity]:
        """Nulls of each column."""
        for (source, feed, column), nights in self.history.nulls().items():
            *before, (night, rows, nulls) = nights
            shares = [(day, part / whole) for day, whole, part in before]
            if night != self.night or nulls == rows or len(before) < self.limits.source_least_nights:
                continue
            if not share_is_usual(nulls, rows, night, shares, self.limits):
                usual = median(share for _, share in shares)
                said = f"{nulls / rows:.0%} of {rows:,} rows without {column}, usually {usual:.0%}"
                yield Oddity(feed, source, "nulls", said)

    def _deliveries(self) -> Iterator[Oddity]:
        """Rejects and rows of the night, and sources of which nothing came."""
        arrivals = self.history.arrivals()
        for (source, feed), deliveries in self.history.deliveries().items():
            if feed not in self.feeds:  # parts of archives and mails, which are counted and become no rows
                continue
            complete = self._complete_night(arrivals[source])
            yield from self._rejects(source, feed, deliveries)
            yield from self._rows(source, feed, deliveries, complete)
            if complete and (
                oddity := self._nothing_came(source, feed, deliveries, arrivals[source], complete)
            ):
                yield oddity

    def _complete_night(self, arrivals: list[Arrivals]) -> date | None:
        """The newest night whose files have all come, if they come when they usually do."""
        lasts = [hour_of(one.last, one.night, self.settings) for one in arrivals if one.night < self.night]
        reached = hour_of(self.now, self.night, self.settings) + LATE
        is_over = (
            not lasts
            or median(lasts) <= reached
            or self.now.astimezone(self.settings.zone).date() > self.night
        )
        return self.night if is_over else next(iter(self.nights[-2:-1]), None)

    def _rejects(self, source: str, feed: str, deliveries: list[Delivery]) -> Iterator[Oddity]:
        before = [one for one in deliveries if one.meant]
        last = before.pop() if before else None
        if last is None or last.night != self.night or len(before) < self.limits.source_least_nights:
            return
        shares = [(one.night, one.rejected / one.meant) for one in before]
        if not share_is_usual(last.rejected, last.meant, last.night, shares, self.limits):
            yield Oddity(
                feed,
                source,
                "rejects",
                f"{last.rejected / last.meant:.0%} of {last.meant:,} records rejected, usually "
                f"{median(share for _, share in shares):.0%}",
            )

    def _rows(
        self, source: str, feed: str, deliveries: list[Delivery], complete: date | None
    ) -> Iterator[Oddity]:
        for night in dict.fromkeys((complete, self.night)):
            here = next((one for one in deliveries if one.night == night), None)
            before = [one for one in deliveries if night and one.night < night]
            if here is None or len(before) < self.limits.source_least_nights:
                continue
            totals = [(one.night, one.rows) for one in before]
            usual = median(rows for _, rows in totals)
            if rows_are_usual(here.rows, here.night, totals, self.limits):
                continue
            # Several days at once are many rows, but in files as they always are; and a day may not be over yet.
            by_file = [(one.night, one.rows / one.files) for one in before]
            is_odd = (
                night == complete
                if here.rows < usual
                else not rows_are_usual(round(here.rows / here.files), here.night, by_file, self.limits)
            )
            if is_odd:
                files = f"{here.files:,} file{'s' if here.files > 1 else ''}"
                yield Oddity(
                    feed, source, "rows", f"{here.rows:,} rows in {files} on {night}, usually {usual:,.0f}"
                )

    def _nothing_came(
        self, source: str, feed: str, deliveries: list[Delivery], arrivals: list[Arrivals], night: date
    ) -> Oddity | None:
        came, newest = {one.night for one in arrivals if one.in_quarantine}, date.min
        dated = self.feeds[feed].business_time is not None
        for one in deliveries:
            if not dated or (one.newest and one.newest > newest):
                came.add(one.night)
            newest = max(newest, one.newest or date.min)
        if not dated:
            came |= {one.night for one in arrivals}
        nights = [one for one in self.nights if one <= night]
        if night in came or not is_expected(night, nights, came, self.limits):
            return None
        missed = sum(one > max(came) for one in nights)
        if missed * median(one.rows for one in deliveries) < ROWS_MISSED:
            return None  # a source with three rows a day has days with none
        until = (
            f"the newest business day is {newest}" if newest > date.min else f"the last came on {max(came)}"
        )
        return Oddity(feed, source, "missing day", f"nothing new came for the night of {night}: {until}")


def said_of(oddity: Oddity) -> str:
    return printable(f"{oddity.source}: {oddity.sentence}")
