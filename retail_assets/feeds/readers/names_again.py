"""Lines of names among the records of a table: several exports in one file.

Where the same names come again, records go on, and the mapping leaves the line out. What stands above it may say
another store or day than what stands above the first; it is handed on to be compared. Where a line has the names of
columns, but not each in its place, the records below it would be read by the wrong ones.
"""

from collections.abc import Callable, Sequence

import polars as pl

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import clean_name, names_in_file
from retail_assets.feeds.readers.records import CHARACTERS_ABOVE, LINES_ABOVE, AboveAgain

_MAX_BLOCKS = 1_000
"""So many are compared."""
_FILLED_ABOVE = 2
"""Cells of a line above names: a word and its value."""

Join = Callable[[Sequence[str]], str]


class NamesAgain:
    """Looks through the records of one table."""

    def __init__(self, columns: Sequence[str], *, above: bool, join: Join) -> None:
        self.above, self.join = above, join
        titles = names_in_file(columns)
        self._titles = [{name, titles[name]} for name in columns]
        self._blocks: dict[tuple[str, ...], int] = {}
        # Sizes and years are names too, and values of other columns.
        self._names = [name for name in {*columns, *titles.values()} if any(char.isalpha() for char in name)]
        self._alike = {name.casefold() for name in self._names}
        in_file = [name for name in self._names if name in titles.values()]
        words = sorted(
            {max(name.split(), key=len) for name in in_file or self._names}, key=lambda w: (len(w), w)
        )
        self._marks = [word.encode() for word in words[-2:]]

    @property
    def blocks(self) -> tuple[AboveAgain, ...]:
        """With `above`: what stands above names that came again."""
        return tuple(AboveAgain(f"record {record:,}", lines) for lines, record in self._blocks.items())

    def may_stand_in(self, data: bytes) -> bool:
        """Whether a text may hold such a line: told by its longest names, which takes next to no time."""
        return any(mark in data for mark in self._marks)

    def look(self, texts: pl.DataFrame, *, first: int, malformed: pl.Series | None = None) -> None:
        """Look through records, of which `first` is the number of the first; raises Unreadable."""
        if len(self._names) < 2:
            return
        # By number: a column may be called as a pattern is written.
        cells = pl.DataFrame(
            {str(at): texts.to_series(at).str.strip_chars().fill_null("") for at in range(texts.width)}
        )
        known = pl.sum_horizontal(pl.all().is_in(self._names)) >= 2
        same = pl.all_horizontal(pl.col(str(at)).is_in(titles) for at, titles in enumerate(self._titles))
        found = cells.select(known=known, same=same).with_row_index("at")
        for at in found.filter(pl.col("known") & ~pl.col("same"))["at"]:
            self._refuse_others(texts.row(at), first + at)
        if self.above:
            for at in found.filter("same")["at"].head(_MAX_BLOCKS - len(self._blocks)):
                if lines := self._lines_above(texts, malformed, at):
                    self._blocks.setdefault(lines, first + at)

    def _refuse_others(self, row: Sequence[str], record: int) -> None:
        filled = [(at, clean_name(cell)) for at, cell in enumerate(row) if cell.strip()]
        names = {name.casefold() for _, name in filled} & self._alike
        in_place = all(name.casefold() in map(str.casefold, self._titles[at]) for at, name in filled)
        values = [name for _, name in filled if not any(char.isalpha() for char in name)]
        if len(names) >= 2 and len(names) * 2 > len(filled) and not in_place and not values:
            said = ", ".join(name for _, name in filled)[:300]
            raise Unreadable(
                "other_names",
                f"One table was expected, but record {record:,} holds names of columns, and not in the order of the "
                f"header ({said}); what is below would be read by the wrong ones. Send each export as a file of its "
                "own.",
            )

    def _lines_above(self, texts: pl.DataFrame, malformed: pl.Series | None, at: int) -> tuple[str, ...]:
        lines: list[str] = []
        for row in range(at - 1, max(at - 1 - LINES_ABOVE, -1), -1):
            said = malformed[row] if malformed is not None else None
            cells = [cell or "" for cell in texts.row(row)]
            filled = sum(bool(cell.strip()) for cell in cells)
            if said is None and (filled > _FILLED_ABOVE or filled == len(cells)):
                break
            lines.append((self.join(cells) if said is None else said)[:CHARACTERS_ABOVE])
        return tuple(reversed(lines)) if any(line.strip() for line in lines) else ()
