"""Ids that a program has changed on their way, and that reading changes back: told, so that nobody wonders."""

import duckdb

from retail_assets.feeds.mapping.conversion import ID
from retail_assets.feeds.mapping.judging import contract_kind
from retail_assets.feeds.mapping.model import FromColumn, SourceMapping
from retail_assets.feeds.mapping.spelling import AS_FORMULA
from retail_assets.feeds.mapping.table import Table
from retail_assets.feeds.mapping.texts import WITH_POINT
from retail_assets.feeds.readers.records import RecordSet
from retail_assets.names import printable, shortened
from retail_assets.sql import identifier, literal, parquet

_MENDED = {
    WITH_POINT: "written as numbers with a point (17850.0) were read without it",
    AS_FORMULA: 'written as formulas (="00123") were read as the texts in them',
}
"""Texts that are read as others -> what happened to them."""


def mended_ids(
    connection: duckdb.DuckDBPyConnection, records: RecordSet, mapping: SourceMapping
) -> list[str]:
    """Sentences for a report on a file: how many ids of which columns, and what was done."""
    described = connection.execute(f"describe select * from {parquet(records.path)}").fetchall()
    own = described[len(described) - len(records.columns) :]
    table = Table(
        parquet(records.path),
        {name: (place, kind) for name, (place, kind, *_) in zip(records.columns, own, strict=True)},
    )
    named = {
        found: name
        for target in mapping.targets
        for block in target.blocks
        for name, cell in block.cells.items()
        if isinstance(cell.origin, FromColumn) and contract_kind(block.feed.columns[name]) == ID
        if (found := table.find(cell.origin.column)) in table.columns
    }
    told = []
    for column, name in named.items():
        text = f"trim(cast({identifier(table.columns[column][0])} as varchar))"
        for pattern, what in _MENDED.items():
            query = (
                f"select count(*) from {table.relation} where regexp_full_match({text}, {literal(pattern)})"
            )
            (count,) = connection.execute(query).fetchone() or (0,)
            if count:
                told.append(f"{count:,} ids in {shortened(printable(column))} ({name}) {what}.")
    return told
