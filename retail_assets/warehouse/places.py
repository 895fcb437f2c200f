"""Where in a release its readers find their marts: one place for an audience, or one for each of its readers."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from retail_assets.audiences import Audience
from retail_assets.sql import identifier, literal
from retail_assets.warehouse.survey import UNDATED, WHOLE, Part, SurveyedMart

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True)
class Place:
    """A folder of a release with a DuckDB file, `parquet/` and `_meta`."""

    audience: Audience
    reader: str | None = None
    """The reader, where its audience has a place for each."""

    @property
    def folder(self) -> str:
        """Within the release; empty for the release itself."""
        if self.reader is None:
            return self.audience.folder
        return f"{self.audience.folder}/{folder_name(self.reader)}"

    @property
    def is_renamed(self) -> bool:
        """Whether the folder of a reader does not have his id for a name."""
        return self.reader is not None and folder_name(self.reader) != self.reader

    def path(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder else name

    @property
    def database(self) -> str:
        return self.path(self.audience.database)

    def parts(self, mart: SurveyedMart) -> dict[str, Part]:
        """The parts of a mart that lie here."""
        if self.reader is None:
            return mart.parts
        return {part: content for part, content in mart.parts.items() if part == self.reader}

    def part_file(self, mart: SurveyedMart, part: str) -> str:
        folder = self.path(f"parquet/{mart.name}")
        if part == WHOLE or self.reader is not None:
            return f"{folder}/part.parquet"
        # A mart that is a table as well has the same columns as Parquet: a Hive folder would add `month`.
        return (
            f"{folder}/part-{part}.parquet"
            if mart.mart.in_database
            else f"{folder}/month={part}/part.parquet"
        )


def folder_name(reader: str) -> str:
    """A reader's id as a folder: as it is where that is harmless, else a name made of its hash."""
    if _PLAIN.fullmatch(reader) and ".." not in reader and not reader.startswith("id-"):
        return reader
    return f"id-{hashlib.sha256(reader.encode()).hexdigest()[:20]}"


def places_of(marts: Iterable[SurveyedMart]) -> list[Place]:
    """Every place that some mart has something for, in a stable order."""
    places = set()
    for mart in marts:
        readers = mart.parts if mart.audience.per is not None else [None]
        places |= {Place(mart.audience, reader) for reader in readers}
    return sorted(places, key=lambda place: place.folder)


def condition_of(place: Place, mart: SurveyedMart, part: str) -> str:
    """SQL that is true of the rows of a part."""
    if place.reader is not None:
        return f"where cast({identifier(mart.audience.per or '')} as varchar) = {literal(place.reader)}"
    if part == WHOLE or mart.date_column is None:
        return ""
    column = identifier(mart.date_column.name)
    if part == UNDATED:
        return f"where {column} is null"
    # Compared in the column's own type, so that DuckDB skips row groups of other months.
    first = f"date '{part}-01'"
    end = f"cast(({first} + interval 1 month)::date as {mart.date_column.type})"
    return f"where {column} >= cast({first} as {mart.date_column.type}) and {column} < {end}"
