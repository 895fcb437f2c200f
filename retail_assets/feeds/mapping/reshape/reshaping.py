"""Makes the rows that targets read of a file's records: `reshape` in mappings. What comes out is an ordinary table.

Nothing is lost on the way: every record of the file is the first of a row, or merged into another's, or set aside with
the rule that did it. Rows are numbered as the first of their records, in its order, whatever the threads.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

from retail_assets.feeds.mapping.asking import Engine
from retail_assets.feeds.mapping.compile import CompiledBlock, compile_records
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.mapping.references import NESTED_FORMATS, columns_of_filters, referenced_columns
from retail_assets.feeds.mapping.reshape.gathering import pivoted, summed
from retail_assets.feeds.mapping.reshape.select_step import selected
from retail_assets.feeds.mapping.reshape.spreading import filled_down, unpivoted
from retail_assets.feeds.mapping.reshape.steps import (
    FillDown,
    Pivot,
    Sql,
    Step,
    Sum,
    Unpivot,
    made_by,
    names_of,
)
from retail_assets.feeds.mapping.reshape.stream import Stream
from retail_assets.feeds.mapping.scope import Scope, is_special
from retail_assets.feeds.mapping.spelled_names import normalised
from retail_assets.feeds.mapping.table import SHEET_NAME, Table
from retail_assets.feeds.readers.columns import CELLS, TEXT_CELL
from retail_assets.sql import literal, parquet

MERGED = "merged"
"""The rule of records whose values are in another record's row."""


@dataclass(frozen=True)
class Reshaped:
    """The rows that targets read, and what became of the records that none of them begins with."""

    table: Table
    judged: CompiledBlock
    """What the rules for all targets say of the records themselves."""
    set_aside: list[Path] = field(default_factory=list)
    """Files with records that a step left out or refused: _record, place, end, rule, column, value, raw."""
    merged: int = 0
    unknown_columns: list[str] = field(default_factory=list)
    """Source columns that nothing takes, and that are not among those of the rows."""
    used_columns: frozenset[str | None] = frozenset()
    """Those that a step makes rows by, as the file spells them."""


def reshaped(
    engine: Engine,
    mapping: SourceMapping,
    whole: Table,
    name_values: dict[str, str],
    folder: Path,
    *,
    business_zone: str,
) -> Reshaped:
    """Carry the steps of a mapping out; raises Unreadable where columns are missing, MappingError where a step does not
    fit the file."""
    scope = Scope(
        mapping=mapping,
        target=mapping.targets[0],
        table=whole,
        name_values=name_values,
        bind=engine.bind,
        business_zone=business_zone,
    )
    judged = compile_records(scope)
    wanted = _wanted(mapping)
    records = _records(judged, whole, wanted)
    stream = Stream(engine, mapping, business_zone, folder, records.relation, records)
    stream.found(_missing(scope))
    for number, step in enumerate(mapping.reshape):
        stream = _carried_out(step, replace(stream, wanted=_wanted_behind(mapping, number)))
    table, merged = _numbered(stream)
    known = {whole.find(name) for name in wanted} | {name for name in whole.columns if table.find(name)}
    unknown = [] if _takes_all(mapping) else [name for name in whole.columns if name not in known]
    # What is only filled down says nothing of any row yet.
    spoken = (step.per if isinstance(step, FillDown) else names_of(step) for step in mapping.reshape)
    used = frozenset(whole.find(name) for names in spoken for name in names)
    return Reshaped(table, judged, list(stream.set_aside), merged, unknown, used)


def _missing(scope: Scope) -> list[str]:
    """What the rules for all targets ask about and is no column of the records: it would look blank to them, also where
    it lies within one."""
    names = [name for name in columns_of_filters(scope.mapping) if not is_special(name, scope.target)]
    table = scope.table
    leaves_out = table.format in NESTED_FORMATS
    return [name for name in names if not table.find(name) and (not leaves_out or table.holder(name))]


def _wanted(mapping: SourceMapping) -> list[str]:
    """Every column that the mapping speaks of, before or after it is reshaped."""
    steps = [name for step in mapping.reshape for name in names_of(step)]
    return [*steps, *columns_of_filters(mapping), *referenced_columns(mapping)]


def _wanted_behind(mapping: SourceMapping, step: int) -> frozenset[str]:
    """The columns that somebody asks for after a step, but for those that a later one makes before."""
    wanted = set(referenced_columns(replace(mapping, filters=())))  # rules for all targets have been asked
    for later in reversed(mapping.reshape[step + 1 :]):
        made = {normalised(name) for name in made_by(later)}
        wanted = {name for name in wanted if normalised(name) not in made} | {*names_of(later)}
    return frozenset(wanted)


def expected_columns(mapping: SourceMapping) -> list[str]:
    """The columns that a file needs for a mapping that reshapes: those that it speaks of and no step makes."""
    made = {normalised(name) for step in mapping.reshape for name in made_by(step)}
    names = [name for name in dict.fromkeys(_wanted(mapping)) if normalised(name) not in made]
    cells = [
        pattern
        for step in mapping.reshape
        if isinstance(step, Unpivot)
        for pattern in step.columns or ("cell",)
    ]
    return list(dict.fromkeys([*names, *cells]))


def _takes_all(mapping: SourceMapping) -> bool:
    return any(isinstance(step, Sql) and step.select.takes_all for step in mapping.reshape)


def _records(judged: CompiledBlock, whole: Table, wanted: list[str]) -> Table:
    """The records that are some, with their numbers twice: one stays that of the first record of a row, the other
    tells rows apart and has their order."""
    names = [f"_c{number}" for number in range(len(whole.columns))]
    columns = {name: (sql, kind) for (name, (_, kind)), sql in zip(whole.columns.items(), names, strict=True)}
    if SHEET_NAME in wanted and SHEET_NAME not in columns:
        columns[SHEET_NAME] = (f"_c{len(names)}", "VARCHAR")
        names.append(f"_place as _c{len(names)}")
    # The name of the sheet has no cell of its own.
    cells = [f"{CELLS} || {literal(TEXT_CELL)} as {CELLS}"] if whole.has_cells else []
    selected = ", ".join(["_record", "_record as _row", "_place", "0::bigint as _also", *cells, *names])
    relation = f"(select {selected} from ({judged.judged}) where _route is null and _fault is null)"
    return Table(relation, columns, whole.format, has_cells=whole.has_cells)


def _carried_out(step: Step, stream: Stream) -> Stream:
    match step:
        case FillDown():
            return filled_down(step, stream)
        case Unpivot():
            return unpivoted(step, stream)
        case Sum():
            return summed(step, stream)
        case Pivot():
            return pivoted(step, stream)
        case Sql():
            return selected(step, stream)


def _numbered(stream: Stream) -> tuple[Table, int]:
    """The rows in their order under their numbers, and how many records are merged in them.

    A row has its first record's number, if no other row has it; else rows are counted, and their place says the record.
    """
    engine, table = stream.engine, stream.table
    once = f"select count(*) = count(distinct _record) from {table.relation}"
    several = stream.repeats_records and engine.rows(once) != [(True,)]
    columns = "".join(f", {sql}" for sql in [*([CELLS] if table.has_cells else []), *stream.columns.values()])
    own = f"{_number(stream) if several else '_record'} as _record, _record as _first, _place, _also"
    order = "" if stream.in_order else " order by _row"
    path = stream.folder / "reshaped.parquet"
    engine.write(f"select {own}{columns} from {table.relation}{order}", path)
    record = ["'record ' || _first"] if several else []
    place = ", ".join(["' '", "_place", *record, "case when _also > 0 then 'with ' || _also || ' more' end"])
    relation = (
        f"(select * replace (nullif(concat_ws({place}), '') as _place), null::varchar as _malformed, false as _empty "
        f"from {parquet(path)})"
    )
    begun = f"select _first from {parquet(path)}"
    if stream.set_aside:
        begun += f" union all select _record from {parquet(list(stream.set_aside))}"
    records = engine.count(f"select count(*) from {stream.start}")
    merged = records - engine.count(f"select count(distinct _first) from ({begun})")
    return replace(table, relation=relation), merged


def _number(stream: Stream) -> str:
    return "row_number() over ()" if stream.in_order else "row_number() over (order by _row)"
