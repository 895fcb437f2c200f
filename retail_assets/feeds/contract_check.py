"""Is what was admitted what the contract promises? A second opinion: dataframely on polars, not DuckDB."""

from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq

from retail_assets.config import Settings
from retail_assets.contract import Feed, broken_rule
from retail_assets.feeds.mapping.contract_sql import contract_hash, contract_kind
from retail_assets.lake import Lake
from retail_assets.sql import identifier, parquet

BATCH_ROWS = 500_000
"""Rows checked at once; bounds memory however large a content is."""

KEY_RULE = "primary_key"
"""Not dataframely's to judge: it sees one batch, and not the key columns that the day of admission fills."""

ROWS_MISSING = "rows_missing"
"""Broken by a content whose rows are gone from the lake: reload_file makes them again."""


def contract_violations(*, feed: Feed, contents: list[str], settings: Settings) -> dict[str, dict[str, int]]:
    """Broken rules with their counts, per content key; empty when all rows are as promised.

    Reads only the contents given, which are those of the current run.
    """
    lake = Lake(settings.data_dir)
    found = {}
    for content in contents:
        path = lake.rows(feed.name, content)
        if path.exists():
            broken = _rule_violations(feed, path) | _repeated_keys(feed, path, settings)
        else:
            broken = {ROWS_MISSING: 1}
        if broken:
            found[content] = broken
    return found


def require_sound(feed: Feed) -> None:
    """Raise ContractError where a rule of a contract does not work, before any row comes."""
    columns = ", ".join(
        f"null::{contract_kind(column).sql_type} as {identifier(name)}"
        for name, column in feed.columns.items()
    )
    with duckdb.connect(config={"threads": 1}) as con:
        for name, rule in feed.rules.items():
            try:
                con.execute(f"describe select not ({rule.sql}) from (select {columns})")
            except duckdb.Error as error:
                raise broken_rule(feed.contract.__name__, name, error) from error
    feed.contract.filter(feed.contract.create_empty())


def _rule_violations(feed: Feed, path: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    for batch in pq.ParquetFile(path).iter_batches(BATCH_ROWS, columns=list(feed.columns)):
        rows = pl.DataFrame(batch)
        for rule, count in feed.contract.filter(rows, cast=True)[1].counts().items():
            if rule != KEY_RULE:
                counts[rule] = counts.get(rule, 0) + count
    return counts


def _repeated_keys(feed: Feed, path: Path, settings: Settings) -> dict[str, int]:
    with duckdb.connect(
        config={"memory_limit": settings.duckdb_memory, "threads": settings.duckdb_threads}
    ) as con:
        key = contract_hash(feed, feed.distinct)
        row = con.execute(f"select count(*) - count(distinct {key}) from {parquet(path)}").fetchone()
    repeated = row[0] if row else 0
    return {"key_repeated": repeated} if repeated else {}
