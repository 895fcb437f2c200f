"""A contract as the table schema that the Dagster UI shows."""

import dagster as dg
import dataframely as dy

from retail_assets.feeds.contracts.base import Feed


def table_schema(feed: Feed) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=name,
                type=str(column.dtype),
                description=column.description,
                constraints=dg.TableColumnConstraints(nullable=column.nullable, other=_constraints(column)),
            )
            for name, column in feed.columns.items()
        ],
        constraints=dg.TableConstraints(other=[f"key: {', '.join(feed.key)}", *feed.rules]),
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
