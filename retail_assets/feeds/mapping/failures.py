"""Why an expression failed for a record: which expression, over which values, and what DuckDB says of it."""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from retail_assets.feeds.mapping.asking import Engine
from retail_assets.feeds.mapping.expressions import Expression
from retail_assets.feeds.mapping.layers import Layers
from retail_assets.feeds.readers.columns import cut_text
from retail_assets.names import printable, shortened
from retail_assets.sql import literal, parquet

EXPRESSION_FAILED = "expression_failed"
EXPLAINED = 20
"""So many different failures of a block have their cause told: each is computed anew. The others name expression and
values."""
SHOWN_VALUE = 80
"""Characters that are quoted of a value."""


@dataclass(frozen=True)
class Computed:
    """The expressions of a block, to be computed once more where they failed."""

    inputs: Layers
    """The query of what they compute with."""
    bare: dict[str, str]
    """What is said of an expression -> its SQL over `inputs`."""
    columns: dict[str, str]
    """A column of `inputs` -> the source's name for it."""


def said_of(expression: Expression) -> str:
    """An expression as a failure quotes it."""
    return f"`{shortened(' '.join(expression.text.split()))}`"


def failure_sql(said: str, texts: dict[str, str]) -> str:
    """What there is to show of a record for which an expression failed, as SQL; `texts` are the source's columns that
    it names, and their texts."""
    shown = []
    for name, text in texts.items():
        cut = cut_text(text, SHOWN_VALUE)
        has, empty = literal(f"{shortened(name)} = '"), literal(f"{shortened(name)} empty")
        shown.append(f"coalesce({has} || {cut} || '''', {empty})")
    return (
        f"concat({literal(said)}, ' with ', concat_ws(', ', {', '.join(shown)}))" if shown else literal(said)
    )


def causes_of(engine: Engine, computed: Computed, ends: Path) -> dict[str, str]:
    """Of failures among the ends of a block, as they are shown: the same with the cause."""
    failed = engine.rows(
        f"select value, min(_record) from {parquet(ends)} where rule = {literal(EXPRESSION_FAILED)} "
        f"and value is not null group by value order by min(_record), value limit {EXPLAINED}"
    )
    if not failed:
        return {}
    sample = ends.with_name(f"failed_{ends.name}")
    records = ", ".join(str(record) for _, record in failed)
    engine.write(computed.inputs.over(f"_record in ({records})").sql, sample)
    causes = {}
    for value, record in failed:
        sql = next((sql for said, sql in computed.bare.items() if value.startswith(said)), "null")
        try:
            engine.rows(f"select ({sql}) is null from {parquet(sample)} where _record = {record}")
        except duckdb.Error as error:
            causes[value] = f"{value}: {_said(error, computed.columns)}"
    return causes


def _said(error: duckdb.Error, columns: dict[str, str]) -> str:
    """The message without what only the platform knows: names of its own, and where in its own query it is."""
    said = re.sub(r"\b_s\d+\b", lambda found: columns.get(found[0], found[0]), first_line(error))
    return shortened(printable(said))


def first_line(error: duckdb.Error) -> str:
    return str(error).strip().splitlines()[0]
