"""Steps of `reshape` that keep or multiply rows: values from the record above, a row for each cell."""

import fnmatch
from collections.abc import Mapping

from retail_assets.errors import MappingError, Unreadable
from retail_assets.feeds.mapping.reshape.steps import FillDown, Unpivot
from retail_assets.feeds.mapping.reshape.stream import OWN, RESHAPE, Stream
from retail_assets.feeds.mapping.spelled_names import normalised
from retail_assets.feeds.mapping.values.conversion import Raw, plain_text
from retail_assets.feeds.readers.columns import (
    CELLS,
    DAY_CELL,
    MOMENT_CELL,
    NUMBER_CELL,
    TEXT_CELL,
    names_in_file,
)
from retail_assets.feeds.readers.totals import names_total
from retail_assets.names import shortened
from retail_assets.sql import literal


def filled_down(step: FillDown, stream: Stream) -> Stream:
    """A blank cell takes the value above, within the sheet and `per`, and not beyond a row in which one of the columns
    named before it begins anew: a new product without a vendor has not the last one's."""
    names, per = stream.found(step.columns), stream.found(step.per)
    columns, cells = stream.columns, stream.cells
    # What a cell is goes along with its value.
    stated = [
        f"case when {stream.text(name)} is not null then {of[name]} end as {alias}{n}"
        for of, alias in ((columns, "_f"), (cells, "_m"))
        for n, name in enumerate(names)
        if name in of
    ]
    within = ["_place", *(f"_p{n}" for n in range(len(per)))]
    keys = [f"{stream.text(name)} as _p{n}" for n, name in enumerate(per)]
    query = f"select *, {', '.join([*stated, *keys])} from {stream.table.relation}"
    running = f"over (partition by {', '.join(within)} order by _row rows between unbounded preceding and current row)"
    outer = [
        f"coalesce({', '.join(f'_f{i}::varchar' for i in range(n))}, null)" for n in range(1, len(names))
    ]
    begun = ", ".join(f"count({anew}) {running} as _b{n}" for n, anew in enumerate(outer, start=1))
    query = f"select *{', ' + begun if begun else ''} from ({query})"
    alone = " or ".join(f"_p{n} is null" for n in range(len(per))) or "false"
    for n, name in enumerate(names):
        block = f"partition by {', '.join([*within, *([f'_b{n}'] if n else [])])} order by _row"
        for of, stated_here in ((columns, f"_f{n}"), (cells, f"_m{n}")):
            if name in of:
                rows = f"({block} rows between unbounded preceding and current row)"
                above = f"last_value({stated_here} ignore nulls) over {rows}"
                of[name] = f"case when {alone} then {stated_here} else {above} end"
    return stream.rows(f"({query})", columns, cells)


def unpivoted(step: Unpivot, stream: Stream) -> Stream:
    """A row for each cell that is not blank; records without any are set aside."""
    keep = stream.found(step.keep)
    fitting = [name for name in stream.table.columns if _is_cell(name, step, keep)]
    cells = _meant(step, stream, fitting)
    if not cells:
        asked = ", ".join(step.columns) or f"all but {', '.join(step.keep)}"
        raise Unreadable(
            "missing_columns",
            f"`unpivot` expected columns for its rows ({asked}); "
            f"the file has {', '.join(map(shortened, stream.table.columns))}.",
        )
    if made := [name for name in (step.name, step.value) if stream.table.find(name) not in (None, *cells)]:
        raise step.where.error(f"the file has a column `{made[0]}` already; call it otherwise")
    stream = _without_blank(stream, cells)
    columns = {name: sql for name, sql in stream.columns.items() if name not in cells}
    kinds = {name: cell for name, cell in stream.cells.items() if name not in cells}
    raws = [stream.table.raw(name) for name in cells]
    one_type = len({raw.sql_type for raw in raws}) == 1
    values = [raw.sql if one_type else plain_text(raw) for raw in raws]
    blank = [
        f"case when {stream.text(name)} is null then null else {value} end"
        for name, value in zip(cells, values, strict=True)
    ]
    said = [raw.cell if one_type else _cell_as_text(raw) for raw in raws]
    kind = ""
    if any(said):
        kind = f", unnest([{', '.join(one or literal(TEXT_CELL) for one in said)}]) as _cell"
        kinds[step.value] = "_cell"
    names = ", ".join(map(literal, cells))
    places = ", ".join(str(place) for place in range(len(cells)))
    own = [name for name in OWN if name != "_row"] + ([CELLS] if stream.table.has_cells else [])
    query = (
        f"select {', '.join([*own, *columns.values()])}, _row * {len(cells)} + unnest([{places}]) as _row, "
        f"unnest([{names}]) as _name, unnest([{', '.join(blank)}]) as _value{kind} from {stream.table.relation}"
    )
    columns |= {step.name: "_name", step.value: "_value"}
    rows = f"(select * from ({query}) where _value is not null)"
    return stream.rows(rows, columns, kinds, repeats_records=True, in_order=stream.in_order)


def _cell_as_text(raw: Raw) -> str | None:
    """What a cell is once its value, which may be typed, is a text among others."""
    kind = _AS_TEXT.get(raw.family)
    if kind is None:
        return raw.cell
    is_day = raw.is_cell(DAY_CELL)
    return (
        f"case when {is_day} then {literal(DAY_CELL)} else {literal(kind)} end" if is_day else literal(kind)
    )


_AS_TEXT = {"date": DAY_CELL, "local": MOMENT_CELL} | dict.fromkeys(
    ("integer", "decimal", "float"), NUMBER_CELL
)


def _is_cell(name: str, step: Unpivot, keep: list[str]) -> bool:
    return name not in keep and (not step.columns or bool(_fitting(name, step)))


def _fitting(name: str, step: Unpivot) -> list[str]:
    """The patterns of the mapping that a name fits."""
    return [
        pattern
        for pattern in step.columns
        # No choices, just brackets.
        if fnmatch.fnmatchcase(normalised(name), normalised(pattern).replace("[", "[[]"))
    ]


def _meant(step: Unpivot, stream: Stream, cells: list[str]) -> list[str]:
    """The columns that become rows; raises MappingError for one that may hold the sum of the others, or whose name the
    file does not have and which the mapping does not name itself: it would be counted as one of them."""
    titles = names_in_file(stream.table.columns)
    meant = []
    for name in cells:
        patterns = _fitting(name, step)
        if normalised(name) in map(normalised, patterns):
            meant.append(name)
        elif names_total(name) and not any(map(names_total, patterns)):
            raise _unclear(step, name, "looks like the sum of the others, and would be counted beside them")
        elif not titles[name] and not any(pattern.startswith("column_") for pattern in patterns):
            if stream.engine.count(f"select count({stream.text(name)}) from {stream.table.relation}"):
                raise _unclear(step, name, "has no name in the file, and would be counted under this one")
        elif (first := _another(name, titles, cells)) is not None:
            raise _unclear(
                step,
                name,
                f"is another `{shortened(first)}` in the file, and would be counted under this name",
            )
        else:
            meant.append(name)
    return meant


def _another(name: str, titles: Mapping[str, str], cells: list[str]) -> str | None:
    """The column before a column that the file calls the same, or but for capitals."""
    if titles[name] not in ("", name):
        return titles[name]
    return next((one for one in cells[: cells.index(name)] if normalised(one) == normalised(name)), None)


def _unclear(step: Unpivot, name: str, why: str) -> MappingError:
    written = ", ".join(f'"{one}"' for one in (*(step.columns or ("*",)), shortened(name)))
    return step.where.error(
        f"the column `{shortened(name)}` {why}; name it under `except`, or if it is meant in full beside the others: "
        f"`columns: [{written}]`"
    )


def _without_blank(stream: Stream, cells: list[str]) -> Stream:
    nothing = " and ".join(f"({stream.text(name)}) is null" for name in cells)
    blank = f"(select * from {stream.table.relation} where {nothing})"
    return stream.without(blank, end="left_out", rule=literal(RESHAPE))
