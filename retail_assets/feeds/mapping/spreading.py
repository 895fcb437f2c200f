"""Steps of `reshape` that keep or multiply rows: values from the record above, a row for each cell."""

import fnmatch

from retail_assets.errors import Unreadable
from retail_assets.feeds.mapping.conversion import Raw, plain_text
from retail_assets.feeds.mapping.steps import FillDown, Unpivot
from retail_assets.feeds.mapping.stream import OWN, RESHAPE, Stream
from retail_assets.feeds.mapping.table import normalised
from retail_assets.feeds.readers.columns import CELLS, DAY_CELL, MOMENT_CELL, NUMBER_CELL, TEXT_CELL
from retail_assets.names import shortened
from retail_assets.sql import literal

TOTALS = {
    "total",
    "totals",
    "gesamt",
    "summe",
    "sum",
    "totale",
    "totaal",
    "suma",
    "razem",
    "celkem",
    "összesen",
}
"""What a column is called that holds the sum of the others."""


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
    cells = [name for name in stream.table.columns if _is_cell(name, step, keep)]
    if not cells:
        asked = ", ".join(step.columns) or f"all but {', '.join(step.keep)}"
        raise Unreadable(
            "missing_columns",
            f"`unpivot` expected columns for its rows ({asked}); "
            f"the file has {', '.join(map(shortened, stream.table.columns))}.",
        )
    totals = [name for name in cells if not step.columns and normalised(name) in TOTALS]
    if totals:
        raise step.where.error(
            f"the column `{totals[0]}` looks like the sum of the others, and would be counted beside them; "
            "name it under `except`, or say with `columns` which ones are meant"
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
    if step.columns:
        patterns = [
            normalised(pattern).replace("[", "[[]") for pattern in step.columns
        ]  # no choices, just brackets
        fits = any(fnmatch.fnmatchcase(normalised(name), pattern) for pattern in patterns)
        return fits and name not in keep
    return name not in keep


def _without_blank(stream: Stream, cells: list[str]) -> Stream:
    nothing = " and ".join(f"({stream.text(name)}) is null" for name in cells)
    blank = f"(select * from {stream.table.relation} where {nothing})"
    return stream.without(blank, end="left_out", rule=literal(RESHAPE))
