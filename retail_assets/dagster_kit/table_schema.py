"""Tables as the Dagster UI shows their schemas: the same columns, types and descriptions as everywhere."""

import dagster as dg
import dataframely as dy

from retail_assets.contract import Feed
from retail_assets.schema import Columns, columns_of


def table_schema(columns: Columns) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.sql_type,
                description=column.description,
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable, other=["key"] if column.is_key else []
                ),
            )
            for column in columns.values()
        ]
    )


def feed_schema(feed: Feed) -> dg.TableSchema:
    """A contract with what it demands of each column, and of rows."""
    declared = columns_of(feed.contract)
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=name,
                type=declared[name].sql_type,
                description=column.description,
                constraints=dg.TableColumnConstraints(nullable=column.nullable, other=_constraints(column)),
            )
            for name, column in feed.columns.items()
        ],
        constraints=dg.TableConstraints(other=[f"key: {feed.key_in_words}", *feed.rules]),
    )


def _constraints(column: dy.Column) -> list[str]:
    named = {
        "min": "at least",
        "min_exclusive": "above",
        "max": "at most",
        "regex": "matches",
        "categories": "one of",
        "max_length": "characters at most",
    }
    found = [
        f"{text} {value}"
        for name, text in named.items()
        if (value := getattr(column, name, None)) is not None
    ]
    return ["key", *found] if column.primary_key else found
