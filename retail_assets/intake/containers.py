"""Drops that are taken apart: what was in them, how that is counted, and where rejected parts are told of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import polars as pl

from retail_assets.intake.handlers import Part, Unpacked
from retail_assets.intake.lake_files import Rejects
from retail_assets.intake.ledger_tables import Drop
from retail_assets.intake.row_counts import RowCounts
from retail_assets.lake import Lake, put_in_place, scratch_folder
from retail_assets.names import printable
from retail_assets.schema import columns_of, polars_schema

TARGET = "parts"
"""What the files in a container are counted as."""


@dataclass(frozen=True)
class Contents:
    """What was in a container."""

    parts: list[tuple[str, int]]
    """Name and time of change (ns) of what was unpacked; each lies in the folder under its place in this list."""
    by_rule: dict[str, int]
    """Files that do not become drops, by end and rule."""
    refused: list[tuple[int, str, str]]
    """Those rejected: number in the container, rule, name."""
    metadata: Mapping[str, str | int] = field(default_factory=dict)
    """What the container is beside its parts: a mail's sender, say."""


def unpacked(content: Contents, drop: Drop, folder: Path) -> Unpacked:
    """What admission is told of the contents of a drop, whose parts lie in a folder."""
    parts = [
        Part(_name_of(drop, name), folder / str(place), modified_ns)
        for place, (name, modified_ns) in enumerate(content.parts)
    ]
    by_rule = content.by_rule
    filtered = sum(count for rule, count in by_rule.items() if rule.startswith("left_out/"))
    rejected = sum(count for rule, count in by_rule.items() if rule.startswith("rejected/"))
    counts = RowCounts(
        target=TARGET,
        records=len(parts) + filtered + rejected,
        routed=len(parts),
        filtered=filtered,
        rejected=rejected,
        routed_to={drop.folder: len(parts)} if parts else {},
        by_rule=by_rule | ({"routed/part": len(parts)} if parts else {}),
    )
    return Unpacked(parts, counts, content.metadata)


def keep_rejects(lake: Lake, content_key: str, refused: list[tuple[int, str, str]]) -> None:
    """Put what was rejected of an archive where rejected rows lie."""
    if not refused:
        return
    shown = [(record, rule, printable(name)) for record, rule, name in refused]
    rows = pl.DataFrame(shown, schema=["record", "rule", "value"], orient="row").with_columns(
        _content_key=pl.lit(content_key), feed=pl.lit(TARGET)
    )
    schema = polars_schema(columns_of(Rejects))
    absent = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in rows.columns]
    with scratch_folder(lake) as scratch:
        rows.with_columns(absent).select(schema.names()).write_parquet(scratch / "rejects")
        put_in_place(scratch / "rejects", lake.rejects(content_key))


def _name_of(drop: Drop, inner: str) -> str:
    """The name of a part as a drop: as in a nested inbox, in the archive's own folder or the last one in it."""
    path = PurePosixPath(inner)
    folder = drop.name.rpartition("/")[0] or path.parent.name
    return f"{folder}/{path.name}" if folder else path.name
