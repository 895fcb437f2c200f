"""Keys that occur more than once among the rows of one file: an identical repeat counts once, and of different
rows the last wins (the highest version, where the mapping names one). The others are set aside as duplicates. Of a log
all different rows stay. Rows that would be parts of one whole are rejected together: none of them says it all.
"""

from dataclasses import dataclass
from pathlib import Path

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.asking import Engine
from retail_assets.feeds.mapping.contract_sql import contract_hash
from retail_assets.sql import identifier, literal, parquet

ROWS_PER_PASS = 20_000_000
"""Keys are compared in slices of their hash, so that memory does not grow with the file."""
REPEAT = "repeat"
"""The rule of records that say again what another of the file says."""
SEVERAL_ROWS = "several_rows_one_key"
"""The rule that parts of one whole break."""


@dataclass(frozen=True)
class Part:
    """Rows that one target gave to a feed."""

    target: str
    feed: Feed
    path: Path
    rows: int
    place: int
    """Of the target among all: rows of a later one count as later. What a target gave in two parts is in one place."""
    versioned: str | None = None
    """What a higher version replaces: `document` or `day`; None where rows have no versions of documents."""


@dataclass(frozen=True)
class Merged:
    """The rows of a feed, and what was set aside from them (None: nothing)."""

    rows: Path
    repeats: Path | None


def merge_parts(engine: Engine, feed: Feed, parts: list[Part], folder: Path) -> Merged:
    """One file with the rows of all parts and every key once."""
    parts = [part for part in parts if part.rows] or parts[:1]
    relation = " union all ".join(
        f"select *, {part.place} as _part, {literal(part.target)} as _target from {parquet(part.path)}"
        for part in parts
    )
    repeated = _write_repeated_keys(engine, feed, relation, sum(part.rows for part in parts), folder)
    if not repeated and len(parts) == 1:
        return Merged(parts[0].path, None)
    rows = folder / f"rows_{feed.name}.parquet"
    if not repeated:
        engine.write(f"select * exclude (_part, _target) from ({relation})", rows)
        return Merged(rows, None)
    repeats = folder / f"repeats_{feed.name}.parquet"
    _write_repeats(engine, feed, relation, repeated, repeats)
    lost = f"select _part, _record from {parquet(repeats)}"
    kept = f"select * exclude (_part, _target) from ({relation}) where (_part, _record) not in ({lost})"
    engine.write(kept, rows)
    return Merged(rows, repeats)


def _write_repeated_keys(engine: Engine, feed: Feed, relation: str, rows: int, folder: Path) -> list[Path]:
    """Files with the hashes of keys that occur more than once."""
    slices = max(1, -(-rows // ROWS_PER_PASS))
    written = []
    for number in range(slices):
        within = f"where key_hash % {slices} = {number}" if slices > 1 else ""
        repeated = (
            f"select key_hash from (select {key_hash(feed)} as key_hash from ({relation})) "
            f"{within} group by key_hash having count(*) > 1"
        )
        path = folder / f"repeated_{feed.name}_{number}.parquet"
        if engine.write(repeated, path):
            written.append(path)
    return written


def key_hash(feed: Feed) -> str:
    return contract_hash(feed, feed.distinct)


def _write_repeats(engine: Engine, feed: Feed, relation: str, repeated: list[Path], path: Path) -> None:
    keys = ", ".join(identifier(name) for name in feed.distinct)
    content = contract_hash(feed, [*feed.columns, "_document", "_version"])
    order = f"partition by {keys} order by _version desc nulls last, _part desc, _record desc"
    ranked = (
        f"select *, row_number() over ({order}) as _rank, {content} as _content, "
        f"first_value({content}) over ({order}) as _winner, {_are_parts(feed, keys)} as _are_parts "
        f"from ({relation}) where {key_hash(feed)} in (select key_hash from {parquet(repeated)})"
    )
    lost = f"select * from ({ranked}) where _rank > 1 or _are_parts"
    duplicate = f"if(_content = _winner, {literal(REPEAT)}, 'superseded')"
    shown, *_ = (*feed.parts, *feed.subject, "")
    rejected = ("_are_parts", SEVERAL_ROWS, shown) if shown else None
    query = written_off(feed, lost, rule=duplicate, also="_part", rejected=rejected)
    engine.write(query, path)


def _are_parts(feed: Feed, keys: str) -> str:
    """True of rows that share their key and version, and differ where parts of one whole do."""
    different = (*feed.parts, *feed.subject)
    if not different:
        return "false"
    differing = contract_hash(feed, different)
    alike = f"over (partition by {keys}, _version)"
    newest = f"_version is not distinct from max(_version) over (partition by {keys})"
    differ = f"min({differing}) {alike} <> max({differing}) {alike}"
    if feed.signed:
        sign = f"sign({identifier(feed.signed)})"
        differ = f"({differ} or (min({sign}) {alike} < 0 and max({sign}) {alike} > 0))"
    return f"{newest} and {differ}"


def written_off(
    feed: Feed,
    relation: str,
    *,
    rule: str,
    also: str | None = None,
    rejected: tuple[str, str, str] | None = None,
) -> str:
    """A query that says of rows (with their `_target`) that they end as duplicates, and by which rule; or as rejected,
    where a condition is given with the rule that it breaks and the column to show."""
    raw = ", ".join(f"{literal(name)}, {identifier(name)}" for name in feed.columns)
    end, column, value = "'duplicate'", "null::varchar", "null::varchar"
    if rejected:
        condition, broken, shown = rejected
        end, rule = f"if({condition}, 'rejected', {end})", f"if({condition}, {literal(broken)}, {rule})"
        column, value = (
            f"if({condition}, {one}, null)" for one in (literal(shown), f"{identifier(shown)}::varchar")
        )
    return (
        f"select {also + ', ' if also else ''}_target as target, {literal(feed.name)} as feed, _record, "
        f'null::varchar as place, {end} as "end", {rule} as rule, '
        f'{column} as "column", {value} as value, cast(json_object('
        f"{raw}) as varchar) as raw from ({relation})"
    )
