"""What a select of `reshape` sees of cells that are no texts in the file.

It sees one column of texts, and what it hands on is read as one: so a number is spelled in the dialect of its column,
a date without a time of day. What no text can say (errors, formulas without a value, ids whose digits are lost) is
refused before: the select might make a number of it.
"""

from collections.abc import Iterable, Iterator

from retail_assets.feeds.mapping.model import Cell, FromColumn
from retail_assets.feeds.mapping.references import cells_of
from retail_assets.feeds.mapping.reshape.steps import Sql
from retail_assets.feeds.mapping.reshape.stream import Refusal, Stream, no_texts
from retail_assets.feeds.mapping.spelled_names import normalised
from retail_assets.feeds.mapping.values.conversion import LOCAL, NUMBER, TEXT
from retail_assets.feeds.mapping.values.dialect import Values
from retail_assets.feeds.mapping.values.spelling import trimmed
from retail_assets.feeds.mapping.values.texts import replaced, words_sql
from retail_assets.feeds.mapping.values.time_formats import readings
from retail_assets.feeds.readers.columns import DAY_CELL, LONG_NUMBER, MOMENT_CELL, NUMBER_CELL
from retail_assets.sql import literal

_WIDE = "decimal(38,15)"


def seen_as(stream: Stream, name: str) -> str:
    """A column that `parse` does not declare, or declares as text, as a select sees it that names it.

    A blank is null, as in formats that know null, and what stands around a text is not there. Words stay the source's:
    what the select hands on is read as the source's. A line that is no table keeps its blanks, which say what is where.
    """
    raw, text = stream.table.raw(name), shown_as(stream, name)
    if raw.family != "text" or len(stream.table.columns) == 1:
        return text
    text = f"nullif({trimmed(text)}, '')"
    words = stream.values(name).null_words
    return f"case when lower({text}) in ({words_sql(words)}) then null else {text} end" if words else text


def shown_as(stream: Stream, name: str) -> str:
    """Such a column as the select hands it on."""
    raw = stream.table.raw(name)
    if raw.cell is None or raw.family != "text" or _is_text(stream, name):
        return raw.sql
    digits = f"rtrim(rtrim(try_cast({raw.sql} as {_WIDE})::varchar, '0'), '.')"
    number = (
        f"case when contains(lower({raw.sql}), 'e') then coalesce({digits}, {raw.sql}) else {raw.sql} end"
    )
    number = f"replace({number}, '.', {literal(_values(stream, name).decimal)})"
    return (
        f"case when {raw.is_cell(NUMBER_CELL, LONG_NUMBER)} then {number} "
        f"when {raw.is_cell(DAY_CELL)} then left({raw.sql}, 10) else {raw.sql} end"
    )


def unfit(stream: Stream, name: str) -> Iterator[Refusal]:
    """Cells of such a column that the select must not see."""
    raw = stream.table.raw(name)
    if raw.cell is None or raw.family != "text":
        return
    yield from no_texts(stream, [name])
    if _is_text(stream, name):
        return
    values, text = _values(stream, name), stream.text(name)
    shown = shown_as(stream, name)
    if values.replace:  # which may take out the mark that a number is spelled with
        is_part = f"{raw.is_cell(NUMBER_CELL, LONG_NUMBER)} and contains({raw.sql}, '.')"
        changed = f"{replaced(shown, values.replace)} <> {shown}"
        yield Refusal(f"{is_part} and {changed}", NUMBER.fault, name, raw.sql)
    if values.dates:  # one of which may read a month for a day
        read = f"coalesce({', '.join(readings(shown, values.dates))}, null)"
        other = f"{read} <> try_cast({raw.sql} as timestamp)"
        yield Refusal(f"{raw.is_cell(DAY_CELL, MOMENT_CELL)} and {other}", LOCAL.fault, name, text)


def require_one_dialect(step: Sql, stream: Stream, names: Iterable[str]) -> None:
    """Raise MappingError where somebody reads other marks than those that numbers are spelled with for the select."""
    fractions = [
        name
        for name in names
        if not _is_text(stream, name)
        and (is_number := stream.table.raw(name).is_cell(NUMBER_CELL, LONG_NUMBER))
        and stream.engine.count(
            f"select count(*) from {stream.table.relation} where {is_number} and "
            f"contains({stream.columns[name]}::varchar, '.')"
        )
    ]
    for column, cell in _takers(stream) if fractions else ():
        known = _values(stream, column) if stream.table.find(column) else stream.mapping.values
        if (cell.values.decimal, cell.values.thousands) != (known.decimal, known.thousands):
            raise step.where.error(
                f"`{fractions[0]}` has number cells, which the select sees with the marks of `values`; `{column}` is "
                f"read with others: say `parse: {{{fractions[0]}: number}}`, or the marks in `values`"
            )


def _is_text(stream: Stream, name: str) -> bool:
    """Whether the mapping says that the column is meant as it stands."""
    declared = stream.mapping.declared(name)
    return declared is not None and declared.type == TEXT.name


def _values(stream: Stream, name: str) -> Values:
    """How those read a column who take it as it is, else as the mapping does."""
    taken = (cell.values for column, cell in _takers(stream) if normalised(column) == normalised(name))
    return next(taken, stream.values(name))


def _takers(stream: Stream) -> list[tuple[str, Cell]]:
    cells = (cell for target in stream.mapping.targets for cell in cells_of(stream.mapping, target))
    return [(cell.origin.column, cell) for cell in cells if isinstance(cell.origin, FromColumn)]
