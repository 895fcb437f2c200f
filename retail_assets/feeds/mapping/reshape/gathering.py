"""Steps of `reshape` that make one row of several records: sums, and columns out of names and values.

A group of which something cannot be read or does not agree is refused whole: a sum without one of its parts looks like
any other number.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from retail_assets.errors import Unreadable
from retail_assets.feeds.mapping.deduplicate import REPEAT
from retail_assets.feeds.mapping.model import FromColumn
from retail_assets.feeds.mapping.reshape.repeated_runs import REPEATED, repeated_records
from retail_assets.feeds.mapping.reshape.steps import Pivot, Sum
from retail_assets.feeds.mapping.reshape.stream import Refusal, Stream, no_texts
from retail_assets.feeds.mapping.scope import Reading
from retail_assets.feeds.mapping.spelled_names import normalised
from retail_assets.feeds.readers.columns import DAY_CELL, MOMENT_CELL, NUMBER_CELL, TEXT_CELL
from retail_assets.sql import literal, parquet

MAX_PIVOTED = 1_000
"""Names that become columns."""
INCOMPLETE, DIFFERENT, SEVERAL = "incomplete_group", "different_in_group", "several_values"
"""What a group is refused for: another record of it cannot be read; a column of which it keeps one value has several;
one name has several values."""
NAMELESS = "no_name"
"""What a record is refused for whose value has no name."""


def summed(step: Sum, stream: Stream) -> Stream:
    per, columns, first = (stream.found(names) for names in (step.per, step.columns, step.first))
    stream, again = _once(stream, step, per, columns)
    others = _others(stream, {*per, *columns, *first})
    readings = stream.readings(columns, number=True)
    values = {r.column: f"sum({r.name})" for r in readings}
    return _grouped(stream, per, readings, values, {}, again, others=others, first=first, refusals=[])


def pivoted(step: Pivot, stream: Stream) -> Stream:
    per, name, [value] = stream.found(step.per), stream.found(step.name), stream.found([step.value])
    called = f"concat_ws(' ', {', '.join(stream.text(one) for one in name)})"
    nameless = Refusal(f"{called} = ''", NAMELESS, name[0], "null")
    bad = [*(no_texts(stream, name) if stream.table.has_cells else []), nameless]
    unfit = " or ".join(f"coalesce({one.condition}, false)" for one in bad)
    stream = stream.rejecting(f"(select * from {stream.table.relation} where {unfit})", bad)
    stream = stream.where(f"not ({unfit})")
    names = _names(stream, called)
    stream, again = _once(stream, step, per, [value]) if step.adds_up else (stream, [])
    others = _others(stream, {*per, *name, value})
    _require_new(names, [*per, *others])
    readings = stream.readings([value], number=True) if step.adds_up else []
    one = readings[0].name if readings else stream.table.raw(value).sql
    cell = stream.table.raw(value).cell
    values, cells, refusals = {}, {}, []
    for title, spellings in names.items():
        here = f"filter (where {called} in ({', '.join(map(literal, spellings))}))"
        if step.adds_up:
            values[title] = f"sum({one}) {here}"
            continue
        stated = f"case when {stream.text(value)} is not null then {one} end"
        values[title] = f"min({stated}) {here}"
        if cell:
            cells[title] = f"min(case when {stated} is not null then {cell} end) {here}"
        refusals.append(Refusal(f"count({stated}) {here} > 1", SEVERAL, title, called))
    gathered = _grouped(
        stream, per, readings, values, cells, again, others=others, first=[], refusals=refusals
    )
    return _with_absent(gathered, names)


def _once(
    stream: Stream, step: Sum | Pivot, per: list[str], amounts: list[str]
) -> tuple[Stream, list[Refusal]]:
    """The stream without the records that repeat a run of earlier ones, where the mapping says so; else with what they
    are refused for."""
    repeats = None if step.repeats == "keep" else repeated_records(stream, per, amounts)
    if repeats is None:
        return stream, []
    relation = f"(select * from {stream.table.relation} left join {parquet(repeats)} using (_row))"
    stream = replace(stream, table=replace(stream.table, relation=relation))
    again, earlier = "_repeats is not null", "'record ' || _repeats"
    if step.repeats == "drop":
        dropped = stream.where(again).table.relation
        stream = stream.without(dropped, end="duplicate", rule=literal(REPEAT), value=earlier)
        return stream.where(f"not ({again})"), []
    return stream, [Refusal(again, REPEATED, amounts[0], earlier)]


def _names(stream: Stream, called: str) -> dict[str, list[str]]:
    """The columns that names become, each with all spellings of it: they are compared as columns are."""
    found = stream.engine.rows(
        f"select distinct {called} as name from {stream.table.relation} order by 1 limit {MAX_PIVOTED + 1}"
    )
    if len(found) > MAX_PIVOTED:
        raise Unreadable(
            "too_many_columns",
            f"At most {MAX_PIVOTED:,} names were expected to become columns, but the file has more; "
            "is it the right column?",
        )
    alike: dict[str, list[str]] = {}
    for (name,) in found:
        alike.setdefault(normalised(name), []).append(name)
    return {spellings[0]: spellings for spellings in alike.values()}


def _require_new(names: Iterable[str], kept: Iterable[str]) -> None:
    there = {normalised(name) for name in kept}
    if taken := [title for title in names if normalised(title) in there]:
        raise Unreadable(
            "ambiguous_columns", f"`pivot` makes a column `{taken[0]}`, and the file has one; rename it."
        )


def _with_absent(stream: Stream, names: Collection[str]) -> Stream:
    """Names that this file does not have are columns without a value; a file with none of them is another file."""
    absent = [name for name in stream.wanted if stream.table.find(name) is None]
    if names and absent and not any(stream.table.find(name) in names for name in stream.wanted):
        stream.found(absent)
    columns = stream.columns | dict.fromkeys(absent, "null::varchar")
    return stream.rows(stream.table.relation, columns, stream.cells)


def _others(stream: Stream, taken: set[str]) -> list[str]:
    """Columns that somebody asks for later, and that are neither in the key nor summed."""
    asked = {there for name in stream.wanted if (there := stream.table.find(name))}
    return [name for name in stream.table.columns if name in asked - taken]


def _required(stream: Stream) -> set[str]:
    """Columns that required columns of contracts take as they are: a blank there is not zero."""
    return {
        normalised(cell.origin.column)
        for target in stream.mapping.targets
        for block in target.blocks
        for name, cell in block.cells.items()
        if isinstance(cell.origin, FromColumn) and name in block.feed.required and cell.default is None
    }


def _grouped(
    stream: Stream,
    per: list[str],
    readings: list[Reading],
    values: dict[str, str],
    cells: dict[str, str],  # of the values
    again: list[Refusal],
    *,
    others: list[str],
    first: list[str],
    refusals: list[Refusal],
) -> Stream:
    """One row per group, and the records of groups that are refused set aside."""
    read, bad = _lines(stream, per, readings, again)
    kept = {name: (f"_o{n}", stream.text(name)) for n, name in enumerate([*others, *first])}
    one_of = [
        f"arg_min({sql}, _row) filter (where ({text}) is not null) as {alias}{suffix}"
        for name, (alias, text) in kept.items()
        for sql, suffix in ((stream.columns[name], ""), (stream.cells.get(name), "_cell"))
        if sql
    ]
    alike = {name: text for name, (_, text) in kept.items() if name in others}
    refusals = [*refusals, *(_different(text, name, text) for name, text in alike.items())]
    told = {}
    if stream.table.has_cells:
        told = {name: f"_k{n}_cell" for n, name in enumerate(per)}
        refusals += _of_two_meanings(stream, told, alike)
        one_of += [f"min({cell}) as {cell}" for cell in told.values()]
        told |= {name: f"{alias}_cell" for name, (alias, _) in kept.items()}
        told |= {name: f"_v{n}_cell" for n, name in enumerate(values) if name in cells}
    why = " ".join(f"when {one.condition} then {number}" for number, one in enumerate(refusals, start=1))
    grouped = ", ".join(f"_k{n}" for n in range(len(per)))
    gathered = [f"{sql} as _v{n}" for n, sql in enumerate(values.values())]
    gathered += [f"{cells[name]} as _v{n}_cell" for n, name in enumerate(values) if name in cells]
    own = (
        "min(_record) as _record, min(_row) as _row, arg_min(_place, _row) as _place, "
        "(count(*) + sum(_also) - 1)::bigint as _also"
    )
    refused = f"cast(case when count(_bad) > 0 then 0 {why} end as usmallint) as _refused"
    query = (
        f"select {', '.join([own, grouped, *one_of, *gathered, refused])} from ({read}) group by {grouped}"
    )
    columns = {name: f"_k{n}" for n, name in enumerate(per)}
    columns |= {name: alias for name, (alias, _) in kept.items()} | {
        name: f"_v{n}" for n, name in enumerate(values)
    }
    rows = stream.kept(query, columns | {"_refused": "_refused"}, told)
    columns_of_rows = dict(rows.table.columns)
    code, _ = columns_of_rows.pop("_refused")
    refusing = rows.where(f"{code} is not null").table.relation
    if rows.engine.count(f"select count(*) from {refusing}"):
        stream = _refused(stream, read, refusing, code, len(per), bad, refusals)
    table = replace(rows.where(f"{code} is null").table, columns=columns_of_rows)
    return replace(rows, table=table, set_aside=stream.set_aside)


def _different(sql: str, column: str, text: str) -> Refusal:
    return Refusal(f"min({sql}) <> max({sql})", DIFFERENT, column, text)


def _of_two_meanings(stream: Stream, keys: dict[str, str], alike: dict[str, str]) -> list[Refusal]:
    """Groups in which one text is the text of a text cell and that of a number with decimals, or of a date."""
    meant = keys | {
        name: f"case when {text} is not null then {_meaning(stream, name)} end"
        for name, text in alike.items()
    }
    at_midnight = (MOMENT_CELL, DAY_CELL)  # is the same moment in either
    return [
        _different(f"replace({cell}, {', '.join(map(literal, at_midnight))})", name, stream.text(name))
        for name, cell in meant.items()
    ]


def _lines(
    stream: Stream, per: list[str], readings: list[Reading], again: list[Refusal]
) -> tuple[str, list[Refusal]]:
    """A query for the rows with their keys and the number of what is bad about each, from 1, and what that may be."""
    required = _required(stream)
    bad = list(again)
    for reading in readings:
        text = stream.text(reading.column)
        absent = [(f"({text}) is null", "required")] if normalised(reading.column) in required else []
        bad += [Refusal(why, rule, reading.column, text) for why, rule in [*absent, *reading.faults]]
    keys = [f"{stream.text(name)} as _k{n}" for n, name in enumerate(per)]
    if stream.table.has_cells:
        bad += no_texts(stream, per)
        keys = [
            f"case when {text} is null or {cell} = ' ' then {text} else {stream.columns[name]} end as _k{n}, "
            f"{cell} as _k{n}_cell"
            for n, name in enumerate(per)
            for text, cell in [(stream.text(name), _meaning(stream, name))]
        ]
    which = " ".join(f"when {one.condition} then {number}" for number, one in enumerate(bad, start=1))
    fault = f"cast({f'case {which} end' if bad else 'null'} as usmallint)"
    return f"select *, {', '.join(keys)}, {fault} as _bad from ({stream.read(readings)})", bad


def _meaning(stream: Stream, name: str) -> str:
    """What a cell is, if that makes another value of its text: a number without decimals is the same as a text."""
    raw = stream.table.raw(name)
    same = f"{raw.is_cell(NUMBER_CELL)} and regexp_full_match({raw.sql}::varchar, '-?[0-9]+')"
    return f"case when {same} then {literal(TEXT_CELL)} else {raw.cell} end"


def _refused(
    stream: Stream,
    read: str,
    refusing: str,
    code: str,
    keys: int,
    bad: list[Refusal],
    refusals: list[Refusal],
) -> Stream:
    """The records of refused groups, each with its own fault or with that of its group."""
    same = " and ".join(f"line._k{n} is not distinct from g._c{n}" for n in range(keys))
    relation = f"(select line.*, g.{code} as _code from ({read}) as line join {refusing} as g on {same})"
    own = [replace(one, condition=f"_bad = {number}") for number, one in enumerate(bad, start=1)]
    own += [Refusal("_code = 0", INCOMPLETE, bad[0].column if bad else "", "null")]
    own += [replace(one, condition=f"_code = {number}") for number, one in enumerate(refusals, start=1)]
    return stream.rejecting(relation, own)
