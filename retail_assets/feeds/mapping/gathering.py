"""Steps of `reshape` that make one row of several records: sums, and columns out of names and values.

A group of which something cannot be read or does not agree is refused whole: a sum without one of its parts looks like
any other number.
"""

from dataclasses import dataclass, replace

from retail_assets.errors import Unreadable
from retail_assets.feeds.mapping.model import FromColumn
from retail_assets.feeds.mapping.scope import Reading
from retail_assets.feeds.mapping.steps import Pivot, Sum
from retail_assets.feeds.mapping.stream import Stream
from retail_assets.feeds.mapping.table import normalised
from retail_assets.sql import literal

MAX_PIVOTED = 1_000
"""Names that become columns."""
INCOMPLETE, DIFFERENT, SEVERAL = "incomplete_group", "different_in_group", "several_values"
"""What a group is refused for: another record of it cannot be read; a column of which it keeps one value has several;
one name has several values."""
NAMELESS = "no_name"
"""What a record is refused for whose value has no name."""


@dataclass(frozen=True)
class _Refusal:
    """Why a group is refused: a condition over the group, the rule, the column that is to blame, its text."""

    condition: str
    rule: str
    column: str
    text: str


def summed(step: Sum, stream: Stream) -> Stream:
    per, columns, first = (stream.found(names) for names in (step.per, step.columns, step.first))
    others = _others(stream, {*per, *columns, *first})
    readings = stream.readings(columns, number=True)
    values = {r.column: f"sum({r.name})" for r in readings}
    return _grouped(stream, per, readings, values, others=others, first=first, refusals=[])


def pivoted(step: Pivot, stream: Stream) -> Stream:
    per, name, [value] = stream.found(step.per), stream.found(step.name), stream.found([step.value])
    called = f"concat_ws(' ', {', '.join(stream.text(one) for one in name)})"
    nameless = f"(select * from {stream.table.relation} where {called} = '')"
    stream = stream.without(nameless, end="rejected", rule=literal(NAMELESS), column=literal(name[0]))
    stream = stream.where(f"{called} <> ''")
    names = _names(stream, called)
    others = _others(stream, {*per, *name, value})
    readings = stream.readings([value], number=True) if step.adds_up else []
    one = readings[0].name if readings else stream.table.raw(value).sql
    values, refusals = {}, []
    for title in names:
        here = f"filter (where {called} = {literal(title)})"
        if step.adds_up:
            values[title] = f"sum({one}) {here}"
            continue
        stated = f"case when {stream.text(value)} is not null then {one} end"
        values[title] = f"min({stated}) {here}"
        refusals.append(_Refusal(f"count({stated}) {here} > 1", SEVERAL, title, called))
    if taken := [title for title in names if title in {*per, *others}]:
        raise Unreadable(
            "ambiguous_columns", f"`pivot` makes a column `{taken[0]}`, and the file has one; rename it."
        )
    gathered = _grouped(stream, per, readings, values, others=others, first=[], refusals=refusals)
    return _with_absent(gathered, names)


def _names(stream: Stream, called: str) -> list[str]:
    found = stream.engine.rows(
        f"select distinct {called} as name from {stream.table.relation} order by 1 limit {MAX_PIVOTED + 1}"
    )
    if len(found) > MAX_PIVOTED:
        raise Unreadable(
            "too_many_columns",
            f"At most {MAX_PIVOTED:,} names were expected to become columns, but the file has more; "
            "is it the right column?",
        )
    return [name for (name,) in found]


def _with_absent(stream: Stream, names: list[str]) -> Stream:
    """Names that this file does not have are columns without a value; a file with none of them is another file."""
    absent = [name for name in stream.wanted if stream.table.find(name) is None]
    if names and absent and not any(stream.table.find(name) in names for name in stream.wanted):
        stream.found(absent)
    columns = {name: sql for name, (sql, _) in stream.table.columns.items()}
    return stream.rows(stream.table.relation, columns | dict.fromkeys(absent, "null::varchar"))


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
    *,
    others: list[str],
    first: list[str],
    refusals: list[_Refusal],
) -> Stream:
    """One row per group, and the records of groups that are refused set aside."""
    required = _required(stream)
    bad = [(r, _fault(r, stream, required)) for r in readings]
    faulty = " ".join(f"when {fault} then {number}" for number, (_, fault) in enumerate(bad, start=1))
    keys = ", ".join(f"{stream.text(name)} as _k{n}" for n, name in enumerate(per))
    fault = f"cast({f'case {faulty} end' if bad else 'null'} as usmallint)"
    read = f"select *, {keys}, {fault} as _bad from ({stream.read(readings)})"
    kept = {name: (f"_o{n}", stream.text(name)) for n, name in enumerate([*others, *first])}
    raw = {name: stream.table.raw(name).sql for name in kept}
    one_of = [
        f"arg_min({raw[name]}, _row) filter (where ({text}) is not null) as {alias}"
        for name, (alias, text) in kept.items()
    ]
    refusals = [
        *refusals,
        *(
            _Refusal(f"min({kept[name][1]}) <> max({kept[name][1]})", DIFFERENT, name, kept[name][1])
            for name in others
        ),
    ]
    why = " ".join(f"when {one.condition} then {number}" for number, one in enumerate(refusals, start=1))
    grouped = ", ".join(f"_k{n}" for n in range(len(per)))
    gathered = [f"{sql} as _v{n}" for n, sql in enumerate(values.values())]
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
    rows = stream.kept(query, columns | {"_refused": "_refused"})
    columns_of_rows = dict(rows.table.columns)
    code, _ = columns_of_rows.pop("_refused")
    refusing = rows.where(f"{code} is not null").table.relation
    if rows.engine.count(f"select count(*) from {refusing}"):
        stream = _refused(stream, read, refusing, code, len(per), bad, refusals)
    table = replace(rows.where(f"{code} is null").table, columns=columns_of_rows)
    return replace(rows, table=table, set_aside=stream.set_aside)


def _fault(reading: Reading, stream: Stream, required: set[str]) -> str:
    if normalised(reading.column) in required:
        return f"{reading.name} is null"
    return reading.unreadable


def _refused(
    stream: Stream,
    read: str,
    refusing: str,
    code: str,
    keys: int,
    bad: list[tuple[Reading, str]],
    refusals: list[_Refusal],
) -> Stream:
    """The records of refused groups, each with its own fault or with that of its group."""
    same = " and ".join(f"line._k{n} is not distinct from g._c{n}" for n in range(keys))
    relation = f"(select line.*, g.{code} as _code from ({read}) as line join {refusing} as g on {same})"
    own = [
        (
            f"_bad = {number}",
            f"if(({stream.text(r.column)}) is null, 'required', {literal(r.kind.fault)})",
            r.column,
            stream.text(r.column),
        )
        for number, (r, _) in enumerate(bad, start=1)
    ]
    own += [
        ("_code = 0", literal(INCOMPLETE), bad[0][0].column if bad else "", "null"),
        *(
            (f"_code = {n}", literal(one.rule), one.column, one.text)
            for n, one in enumerate(refusals, start=1)
        ),
    ]

    def case(answers: list[tuple[str, str]]) -> str:
        return f"case {' '.join(f'when {condition} then {answer}' for condition, answer in answers)} end"

    return stream.without(
        relation,
        end="rejected",
        rule=case([(condition, rule) for condition, rule, _, _ in own]),
        column=case([(condition, literal(column)) for condition, _, column, _ in own]),
        value=case([(condition, f"cast({text} as varchar)") for condition, _, _, text in own]),
    )
