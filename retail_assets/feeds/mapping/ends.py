"""What is told of records: how those ended that were not admitted, and what was flagged of those that were."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.compile import CompiledBlock
from retail_assets.feeds.mapping.faults import Fault
from retail_assets.feeds.mapping.model import Target
from retail_assets.feeds.readers.columns import cut_text
from retail_assets.intake.row_counts import FLAGGED
from retail_assets.sql import literal, parquet

MASK = "***"
"""Stands for what may be personal."""

ENDS = {
    "target": "varchar",
    "feed": "varchar",
    "_record": "bigint",
    "place": "varchar",
    '"end"': "varchar",
    "rule": "varchar",
    '"column"': "varchar",
    "value": "varchar",
    "raw": "varchar",
}
"""The columns of a file with what is told, and their types."""


def ends_of(target: Target, block: CompiledBlock) -> dict[str, str]:
    """The columns of ENDS over a block; what is admitted has no `end`. A fault counts only where this contract
    judges."""
    judged = f"coalesce({block.routed_to(block.feed.name)}, true)"
    ends = {
        f"{judged} and _fault = {number}": ("rejected", fault.rule, fault.column, fault.value)
        for number, fault in enumerate(block.faults, start=1)
    }
    ends |= {
        f"_route = {number}": (verdict.end, verdict.rule, None, verdict.value)
        for number, verdict in enumerate(block.verdicts, start=1)
    }
    end = _case({condition: literal(end) for condition, (end, _, _, _) in ends.items()})
    rule = _case({condition: literal(rule) for condition, (_, rule, _, _) in ends.items()})
    column = _case({condition: literal(column) for condition, (_, _, column, _) in ends.items() if column})
    value = _case({condition: value for condition, (_, _, _, value) in ends.items()})
    return {
        "target": literal(target.name),
        "feed": literal(block.feed.name),
        "_record": "_record",
        "place": cut_text("cast(_place as varchar)"),
        '"end"': end,
        "rule": rule,
        '"column"': column,
        "value": cut_text(value),
        "raw": cut_text(block.raw),
    }


def flagged_rows(block: CompiledBlock, row: Mapping[str, str], flagged: str) -> dict[str, str]:
    """Two columns more: `_row` as it is admitted and the list of its `_flags`, null but where `flagged` is true."""
    fields = ", ".join(f"{name} := {sql}" for name, sql in row.items())
    flags = ", ".join(f"case when {flag.condition} then {_flag(flag)} end" for flag in block.flags)
    return {
        "_row": f"case when {flagged} then struct_pack({fields}) end",
        "_flags": f"case when {flagged} then [{flags}] end",
    }


def _flag(flag: Fault) -> str:
    column = literal(flag.column) if flag.column else "null::varchar"
    value = cut_text(flag.value)
    return f"{{'rule': {literal(flag.rule)}, 'column': {column}, 'value': cast({value} as varchar)}}"


def flags_told(told: Path) -> str:
    """A query for every single flag in a file that has `_flags`, with the columns of ENDS."""
    return (
        f'select target, feed, _record, place, {literal(FLAGGED)} as "end", _flag.rule as rule, '
        '_flag."column" as "column", _flag.value as value, raw '
        f"from (select *, unnest(_flags) as _flag from {parquet(told)}) where _flag is not null"
    )


def all_ends(told: Sequence[Path], causes: Mapping[str, str], lost: Sequence[Path]) -> str:
    """A query for the ends of all targets. `causes` say more of some values; `lost` are files with rows that another
    row makes idle."""
    columns = ", ".join(ENDS)
    query = f"select {', '.join(f'null::{kind} as {name}' for name, kind in ENDS.items())} where false"
    for ends in told:
        query += f' union all select {columns} from {parquet(ends)} where "end" is not null'
    if causes:
        known = _case({f"value = {literal(value)}": literal(said) for value, said in causes.items()})
        query = f"select * replace (coalesce({known}, value) as value) from ({query})"
    if lost:
        # A record that was routed or flagged, and repeats another there, ends as a duplicate.
        again = f"select target, feed, _record from {parquet(lost)}"
        query = (
            f"select * from ({query}) where \"end\" not in ('routed', {literal(FLAGGED)}) "
            f"or (target, feed, _record) not in ({again})"
        )
        query += f" union all select {columns} from {parquet(lost)}"
    return query


def kept_in_lake(ends: Path, end: str, feeds: Collection[Feed], content_key: str) -> str:
    """A query for the records of one end as the lake keeps them, masked where they may be personal."""
    personal = ", ".join(literal(feed.name) for feed in feeds if feed.personal)
    value = f"case when feed in ({personal}) then '{MASK}' else value end" if personal else "value"
    raw = f"'{MASK}'" if personal else "raw"
    return (
        f"select {literal(content_key)} as _content_key, feed, "
        f'place, _record as record, rule, "column", {value} as value, {raw} as raw '
        f'from {parquet(ends)} where "end" = {literal(end)}'
    )


def _case(answers: Mapping[str, str]) -> str:
    branches = " ".join(f"when {condition} then {answer}" for condition, answer in answers.items())
    return f"cast(case {branches} end as varchar)" if answers else "null::varchar"
