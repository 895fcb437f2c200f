"""The step of `reshape` that is a mapping's own select."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from retail_assets.feeds.mapping.asking import Engine
from retail_assets.feeds.mapping.failures import first_line
from retail_assets.feeds.mapping.reshape.selects import RECORD, RECORDS
from retail_assets.feeds.mapping.reshape.shown_cells import require_one_dialect, seen_as, shown_as, unfit
from retail_assets.feeds.mapping.reshape.steps import Sql
from retail_assets.feeds.mapping.reshape.stream import RESHAPE, Refusal, Stream
from retail_assets.feeds.mapping.scope import Reading
from retail_assets.feeds.mapping.spelled_names import normalised
from retail_assets.feeds.mapping.values.conversion import LOCAL, TEXT, day_alone
from retail_assets.feeds.readers.columns import DAY_CELL, MOMENT_CELL
from retail_assets.sql import identifier, literal, parquet


@dataclass(frozen=True)
class _Lineage:
    """How the select says of which records a row is made, in the file of its rows."""

    sql: str
    first: str
    others: str
    all: str


_ONE = _Lineage("{}::bigint", "_from", "0::bigint", "_from")
_LIST = _Lineage("list_sort(list_distinct({}::bigint[]))", "_from[1]", "len(_from) - 1", "unnest(_from)")


def selected(step: Sql, stream: Stream) -> Stream:
    """The rows of the select. Records with a value that cannot be read, in a column that it sees as a number or a time,
    are rejected before it runs; records that are in none of its rows are left out."""
    labels = _labels(step, stream)
    _require_once(step, step.select.beside_all & {label.lower() for label in labels.values()})
    typed = [
        name for name in labels if stream.mapping.declared(name) or stream.table.raw(name).family == "float"
    ]
    readings = [reading for reading in stream.readings(typed, number=False) if reading.kind is not TEXT]
    as_read = {reading.column: reading.name for reading in readings}
    asked = {normalised(name) for name in (*step.select.names, *stream.wanted)}
    texts = [name for name in labels if name not in as_read]
    seen = [name for name in texts if normalised(name) in asked]
    require_one_dialect(step, stream, texts)
    faults = [
        Refusal(condition, rule, reading.column, stream.text(reading.column))
        for reading in readings
        for condition, rule in reading.faults
    ]
    # Nobody looks at the others one by one: they are handed on as they are.
    faults += [fault for name in seen for fault in unfit(stream, name)]
    read, stream = _read(stream, readings, faults)
    named = {normalised(name) for name in step.select.names}
    shown = [
        as_read.get(name) or (seen_as if normalised(name) in named else shown_as)(stream, name)
        for name in labels
    ]
    good = f"(select * from {parquet(read)} where _bad is null)"
    # One thread: what two of them add up to, or meet first, is not always the same.
    alone = replace(stream.engine, limits=replace(stream.engine.limits, duckdb_threads=1))
    columns_seen = [
        f"{sql} as {identifier(label)}" for sql, label in zip(shown, labels.values(), strict=True)
    ]
    relation = f"select {', '.join([f'_record as {RECORD}', *columns_seen])} from {good}"
    query = f"with {RECORDS} as ({relation}) select * from (\n{step.select.text}\n)"
    rows, lineage, types = _run(step, stream, alone, query, labels.values())
    covered = f"select {lineage.all} as _record from {parquet(rows)}"
    _check_lineage(step, stream, rows, covered, good)
    missing = f"(select * from {good} where _record not in ({covered}))"
    stream = stream.without(missing, end="left_out", rule=literal(RESHAPE))
    columns = {name: f"_v{n}" for n, name in enumerate(types)}
    # The select sees days as moments at 0:00, and a day is what each of those is that it gives.
    moments = [name for name, sql_type in types.items() if sql_type == "TIMESTAMP"]
    cells = {}
    if moments and _has_days(stream, readings, labels, good):
        cells = {name: _day_or_moment(columns[name]) for name in moments}
    placed = _placed(stream, rows, lineage, columns.values(), good)
    return stream.rows(placed, columns, cells, repeats_records=True)


def _has_days(stream: Stream, readings: list[Reading], labels: Iterable[str], good: str) -> bool:
    """Whether a column that the select sees as moments has days without a time."""
    days = [
        f"{day_alone(one.raw, one.values, one.name)} is not null" for one in readings if one.kind is LOCAL
    ]
    raws = [stream.table.raw(name) for name in labels]
    days += [day for raw in raws if raw.family == "local" and (day := raw.is_cell(DAY_CELL))]
    return bool(days) and stream.engine.count(f"select count(*) from {good} where {' or '.join(days)}") > 0


def _day_or_moment(sql: str) -> str:
    day = f"{sql} = date_trunc('day', {sql})"
    return f"case when {day} then {literal(DAY_CELL)} else {literal(MOMENT_CELL)} end"


def _labels(step: Sql, stream: Stream) -> dict[str, str]:
    """The columns that the select sees, and what it calls them: as it spells them, or as the file does. Columns that it
    names and neither makes itself nor finds are missing."""
    select, table = step.select, stream.table
    spelled = {found: name for name in select.names if (found := table.find(name))}
    labels, taken = {}, {RECORD}
    for name in table.columns:
        label, number = spelled.get(name, name), 1
        while label.lower() in taken:  # a column of the file that is called `record` itself, for one
            number += 1
            label = f"{spelled.get(name, name)}_{number}"
        taken.add(label.lower())
        labels[name] = label
    made = {*taken, *select.aliases, RECORDS}
    stream.found(name for name in select.names if name.lower() not in made)
    named = {name.lower() for name in select.names}
    return {name: label for name, label in labels.items() if select.takes_all or label.lower() in named}


def _read(stream: Stream, readings: list[Reading], faults: list[Refusal]) -> tuple[Path, Stream]:
    """The records with their values read, in a file, and those that have a fault set aside."""
    branches = " ".join(f"when {one.condition} then {n}" for n, one in enumerate(faults, start=1))
    query = f"select *, cast({f'case {branches} end' if branches else 'null'} as usmallint) as _bad"
    read, _ = stream.write(f"{query} from ({stream.read(readings)})")
    if faults:
        told = [replace(one, condition=f"_bad = {n}") for n, one in enumerate(faults, start=1)]
        stream = stream.rejecting(f"(select * from {parquet(read)} where _bad is not null)", told)
    return read, stream


def _run(
    step: Sql, stream: Stream, engine: Engine, query: str, labels: Iterable[str]
) -> tuple[Path, _Lineage, dict[str, str]]:
    """The rows of the select in a file, how they say their records, and the types of their other columns by name.
    `labels` are the columns that it sees."""
    try:
        types = {name: sql_type for name, sql_type, *_ in engine.rows(f"describe {query}")}
        lineage, said = _lineage(step, types)
        names = [name for name in types if name not in (said, RECORD)]
        _require_once(step, _repeated(names, known={*labels, *step.select.aliases, *step.select.names}))
        columns = [f"{identifier(name)} as _v{number}" for number, name in enumerate(names)]
        own = f"{lineage.sql.format(identifier(said))} as _from"
        path, _ = stream.write(f"select {', '.join([own, *columns])} from ({query})", engine)
    except duckdb.Error as error:
        raise step.where.error(first_line(error)) from error
    return path, lineage, {name: types[name] for name in names}


def _require_once(step: Sql, names: Collection[str]) -> None:
    """Raise MappingError for names that two of its columns have: the first would be taken, which is the old one."""
    if names:
        name = identifier(sorted(names)[0])
        raise step.where.error(
            f"its rows have two columns {name}; where a new one stands for the file's, write "
            f"`select * replace (… as {name})` or `select * exclude ({name}), … as {name}`; give all else another name"
        )


def _repeated(names: Iterable[str], *, known: Iterable[str]) -> set[str]:
    """Names that stand twice among columns. DuckDB calls the second `x` `x_1`, which nobody (`known`) has said."""
    lower, said = {name.lower() for name in names}, {name.lower() for name in known}
    numbered = (re.fullmatch(r"(.+)_[0-9]+", name) for name in lower - said)
    return {found[1] for found in numbered if found and found[1] in lower}


def _lineage(step: Sql, types: dict[str, str]) -> tuple[_Lineage, str]:
    for name, sql_type in types.items():
        if name.lower() == RECORDS and sql_type.endswith("INT[]"):
            return _LIST, name
    for name, sql_type in types.items():
        if name.lower() == RECORD and sql_type.endswith("INT"):
            return _ONE, name
    raise step.where.error(
        f"every row has to say which records of the file it comes from: select `{RECORD}` as it is, or where records "
        f"are merged `list({RECORD}) as {RECORDS}`"
    )


def _check_lineage(step: Sql, stream: Stream, rows: Path, covered: str, good: str) -> None:
    nothing = f"select count(*) from {parquet(rows)} where _from is null or list_count([_from]) = 0"
    unknown = f"select count(*) from ({covered}) where _record is null or _record not in (select _record from {good})"
    count = stream.engine.count(nothing) + stream.engine.count(unknown)
    if count:
        raise step.where.error(
            f"{count:,} of its rows name a record that the file does not have, or none; leave `{RECORD}` as it is"
        )


def _placed(stream: Stream, rows: Path, lineage: _Lineage, columns: Iterable[str], good: str) -> str:
    """The rows in the order of their first records, and where those stood."""
    once = f"select count(*) = count(distinct {lineage.first}) from {parquet(rows)}"
    order = [lineage.first] if stream.engine.rows(once) == [(True,)] else [lineage.first, *columns]
    numbered = (
        f"select {lineage.first} as _record, {lineage.others} as _also, * exclude (_from), "
        f"row_number() over (order by {', '.join(order)}) as _row from {parquet(rows)}"
    )
    if not stream.engine.count(f"select count(*) from {good} where _place is not null limit 1"):
        return f"(select *, null::varchar as _place from ({numbered}))"
    # A step before may have made several rows of a record.
    places = f"select _record, min(_place) as _place from {good} group by _record"
    return f"(select * from ({numbered}) left join ({places}) using (_record))"
