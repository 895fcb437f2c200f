"""Carries a mapping out over many small files at once: planning its query takes longer than running it over a row.

Only for the plain case: one contract, no documents, every record admitted and no key twice. Any other file, and any
trouble, is left to `engine`, which knows every verdict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from retail_assets.feeds.mapping.asking import Engine
from retail_assets.feeds.mapping.compile import compile_block
from retail_assets.feeds.mapping.contract_sql import contract_columns
from retail_assets.feeds.mapping.deduplicate import key_hash
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.mapping.references import (
    absent_columns,
    check_required_columns,
    referenced_by,
    unknown_columns,
)
from retail_assets.feeds.mapping.scope import Scope
from retail_assets.feeds.mapping.table import records_table
from retail_assets.feeds.readers.records import RECORDS_PER_FILE, TextGroup
from retail_assets.intake.row_counts import RowCounts, row_counts
from retail_assets.sql import identifier, literal, parquet


@dataclass(frozen=True)
class AllAdmitted:
    """What a file became whose records are all rows of one feed."""

    counts: list[RowCounts]
    unknown_columns: list[str]
    absent_columns: list[str]
    rows: dict[str, Path]
    rejects: None = None
    flags: None = None
    documents: None = None


def is_plain(mapping: SourceMapping) -> bool:
    """Whether each record of the mapping stands for itself, in one contract."""
    target = mapping.targets[0]
    own = (target.unnest, target.document, target.replaces, target.version, target.derives_line_numbers)
    return len(mapping.targets) == 1 and not any((*own, target.sent, mapping.reshape, mapping.layout.above))


def map_plain_files(
    *,
    engine: Engine,
    mapping: SourceMapping,
    group: TextGroup,
    content_keys: Sequence[str],
    name_values: Mapping[str, str],
    business_zone: str,
    folder: Path,
) -> dict[int, AllAdmitted]:
    """Map files of text with the same columns into an empty `folder`; those with nothing to explain, by their place.

    `content_keys` are what the rows of each place will be called. Raises whatever the mapping or the files make it
    raise; then nothing is said of any of them.
    """
    [target] = mapping.targets
    table = records_table(engine, group.path, group.columns, group.format)
    if any(table.find(name) is None and table.holder(name) for name in referenced_by(mapping, target)):
        return {}  # a field within JSON
    check_required_columns(mapping, target, table)
    scope = Scope(
        mapping=mapping,
        target=target,
        table=table,
        name_values=dict(name_values),
        bind=engine.bind,
        business_zone=business_zone,
    )
    block = compile_block(scope, target.block)
    feed = block.feed
    contract = [f"{sql} as {name}" for name, sql in contract_columns(feed).items()]
    admitted, rows = folder / "admitted.parquet", folder / "rows"
    engine.write(
        f"select {', '.join(contract)}, _record % {RECORDS_PER_FILE} as _record, "
        f"_record // {RECORDS_PER_FILE} as _file, _document, _version, _extra "
        f"from ({block.judged}) where {block.clean}",
        admitted,
    )
    found = engine.rows(
        f"select _file, count(*) from {parquet(admitted)} "
        f"group by all having count(*) = count(distinct {key_hash(feed)})"
    )
    counts = dict(zip(group.files, group.counts, strict=True))
    whole = sorted(number for number, count in found if count == counts[number])
    keys = f"[{', '.join(map(literal, content_keys))}]"
    engine.rows(
        f"copy (select {', '.join(map(identifier, feed.columns))}, _record, "
        f"{keys}[_file + 1] as _content_key, {literal(mapping.name)} as _source, _document, _version, _extra, _file "
        f"from {parquet(admitted)} where _file in (select unnest({whole}::bigint[])) order by _file, _record) "
        f"to {literal(str(rows))} (format parquet, compression snappy, partition_by (_file))"
    )
    unknown, absent = unknown_columns(mapping, table), absent_columns(mapping, target, table)
    return {
        number: AllAdmitted(
            [row_counts(target=target.name, records=counts[number], admitted=counts[number], ends=[])],
            unknown,
            absent,
            {feed.name: path},
        )
        for number in whole
        for [path] in [list((rows / f"_file={number}").iterdir())]
    }
