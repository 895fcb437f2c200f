"""Earlier versions of a document in one file: as between files, the highest version replaces the others whole."""

from dataclasses import replace
from pathlib import Path

from retail_assets.feeds.mapping.asking import Engine
from retail_assets.feeds.mapping.deduplicate import Part, written_off
from retail_assets.sql import literal, parquet


def without_superseded(
    engine: Engine, parts: list[Part], documents: Path | None, folder: Path
) -> tuple[list[Part], list[Path]]:
    """The parts with the rows of each document's highest version, and files with what was set aside."""
    kept, aside = [], []
    for number, part in enumerate(parts):
        if documents and part.versioned and part.rows:
            path = folder / f"superseded_{number}.parquet"
            newest = _newest(engine, part, documents, path, folder / f"part_{number}_kept.parquet")
            aside += [path] if newest is not part else []
            part = newest
        kept.append(part)
    return kept, aside


def _newest(engine: Engine, part: Part, documents: Path, superseded: Path, kept: Path) -> Part:
    """Write the superseded rows, and what is left without them; the same part when none is superseded."""
    rows = parquet(part.path)
    older = (
        f"select line._record from {rows} as line join {parquet(documents)} as document "
        f"on document._document = line._document and document.kind = {literal(part.versioned or '')} "
        "where line._version is distinct from document._version and document._version is not null"
    )
    feed, target = part.feed, literal(part.target)
    found = f"select *, {target} as _target from {rows} where _record in ({older})"
    if not engine.write(written_off(feed, found, rule="'superseded'"), superseded):
        return part
    aside = f"select _record from {parquet(superseded)}"
    return replace(
        part, path=kept, rows=engine.write(f"select * from {rows} where _record not in ({aside})", kept)
    )
