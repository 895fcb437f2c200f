"""Ids that a program has changed on their way, and that reading changes back: told, so that nobody wonders."""

from collections.abc import Callable

import duckdb

from retail_assets.feeds.mapping.contract_sql import contract_kind
from retail_assets.feeds.mapping.model import FromColumn, SourceMapping
from retail_assets.feeds.mapping.table import Table
from retail_assets.feeds.mapping.values.conversion import ID
from retail_assets.feeds.mapping.values.ids import WITH_POINT, mended_exponent
from retail_assets.feeds.mapping.values.spelling import AS_FORMULA, AS_TEXT
from retail_assets.feeds.mapping.values.texts import is_lost
from retail_assets.feeds.readers.records import RecordSet
from retail_assets.names import printable, shortened
from retail_assets.sql import identifier, literal, parquet


def _written(pattern: str) -> Callable[[str], str]:
    return lambda text: f"regexp_full_match({text}, {literal(pattern)})"


_MENDED = {
    "written as numbers with a point (17850.0) were read without it": _written(WITH_POINT),
    "written as numbers with an exponent (1.2345678E7) were read as their digits": lambda text: (
        f"{is_lost(text)} and {mended_exponent(text)} is not null"
    ),
    'written as formulas (="00123") were read as the texts in them': _written(AS_FORMULA),
    "written with an apostrophe before them ('00123) were read without it": _written(AS_TEXT),
}
"""What happened to texts that are read as others -> SQL that says which they are."""


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
        for what, is_mended in _MENDED.items():
            query = f"select count(*) from {table.relation} where {is_mended(text)}"
            (count,) = connection.execute(query).fetchone() or (0,)
            if count:
                told.append(f"{count:,} ids in {shortened(printable(column))} ({name}) {what}.")
    return told
