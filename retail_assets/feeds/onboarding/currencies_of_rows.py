"""The currency of each row, also where its head states it for all of its lines: without it amounts in euros and dollars
would be added."""

from collections.abc import Mapping
from pathlib import Path

from retail_assets.contract import Feed
from retail_assets.sql import identifier, parquet

CURRENCY = "_currency"
_STATED = "currency"


def with_currency(feed: Feed, files: Mapping[str, Path], feeds: Mapping[str, Feed]) -> str:
    """SQL of one feed's rows and their CURRENCY: their own, else that of their heads in the same file, else null."""
    rows = parquet(files[feed.name])
    if _STATED in feed.columns:
        return f"(select *, {_STATED} as {CURRENCY} from {rows})"
    for column, parent in feed.parents.items():
        head = feeds.get(parent)
        if parent in files and head and head.key == [column] and _STATED in head.columns:
            key = identifier(column)
            heads = f"(select {key}, any_value({_STATED}) as {CURRENCY} from {parquet(files[parent])} group by all)"
            return f"(select * from {rows} left join {heads} using ({key}))"
    return f"(select *, null::varchar as {CURRENCY} from {rows})"
