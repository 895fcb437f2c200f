"""Which source columns a mapping speaks of, and which of them a file cannot do without."""

from collections.abc import Iterable
from dataclasses import replace

from retail_assets.errors import Unreadable
from retail_assets.feeds.mapping.expressions import Expression
from retail_assets.feeds.mapping.model import (
    Cell,
    FromColumn,
    FromDateAndTime,
    FromSql,
    Rule,
    SourceMapping,
    Target,
)
from retail_assets.feeds.mapping.scope import LINE_NUMBER, is_special
from retail_assets.feeds.mapping.spelled_names import closest, normalised
from retail_assets.feeds.mapping.table import Table
from retail_assets.names import shortened

NESTED_FORMATS = ("json", "ndjson")
"""Formats that leave out what is empty, and whose fields may lie in others."""


def rules_of(mapping: SourceMapping, target: Target) -> list[Rule]:
    """Every rule that applies to a target, in the order in which they are asked."""
    return [*mapping.filters, *target.filters, *target.rules]


def cells_of(mapping: SourceMapping, target: Target) -> list[Cell]:
    """Every cell of a target: its columns, those of the feeds it sends to, what rules set, document, version."""
    blocks = [cell for block in target.blocks for cell in block.cells.values()]
    set_by_rules = [cell for rule in rules_of(mapping, target) for cell in rule.cells.values()]
    return [*blocks, *set_by_rules, *identity_cells(target)]


def identity_cells(target: Target) -> list[Cell]:
    """What names a record's document and its version."""
    return [cell for cell in (target.document, target.version) if cell]


def columns_of(cell: Cell) -> list[str]:
    return [*_origins(cell), *([cell.zone] if cell.zone else [])]


def _origins(cell: Cell) -> list[str]:
    match cell.origin:
        case FromColumn(column):
            return [column]
        case FromDateAndTime(date, time):
            return [date, time]
        case FromSql(expression):
            return expression.names
    return []


def expressions_of(cells: Iterable[Cell]) -> list[Expression]:
    return [cell.origin.expression for cell in cells if isinstance(cell.origin, FromSql)]


def columns_of_filters(mapping: SourceMapping) -> list[str]:
    """Every source column that the rules for all targets ask about."""
    return list(dict.fromkeys(name for rule in mapping.filters for name in rule.when.names))


def referenced_columns(mapping: SourceMapping) -> list[str]:
    """Every source column that the mapping takes or asks about, as it spells it."""
    return list(dict.fromkeys(name for target in mapping.targets for name in referenced_by(mapping, target)))


def referenced_by(mapping: SourceMapping, target: Target) -> list[str]:
    """Every source column that one target takes or asks about."""
    names = [name for cell in cells_of(mapping, target) for name in columns_of(cell)]
    names += [name for rule in rules_of(mapping, target) for name in rule.when.names]
    return [name for name in dict.fromkeys([*names, *target.lines_by]) if not is_special(name, target)]


def known_by(mapping: SourceMapping, target: Target) -> list[str]:
    """The source columns by which a line is known in another file, in an order of their own: those that the target
    names for it, or all that it takes. Not the version, nor what rules ask about (whether it is paid): that is another
    one when the same line comes again."""
    taken = [name for cell in cells_of(mapping, replace(target, version=None)) for name in columns_of(cell)]
    return sorted(target.lines_by or {name for name in taken if not is_special(name, target)})


def unknown_columns(mapping: SourceMapping, table: Table) -> list[str]:
    """Source columns that nothing in the mapping takes."""
    lists = [target.unnest for target in mapping.targets if target.unnest]
    known = {table.holder(name) for name in [*referenced_columns(mapping), *lists]}
    return [name for name in table.columns if name not in known]


def absent_columns(mapping: SourceMapping, target: Target, table: Table) -> list[str]:
    """Source columns that the target speaks of and the file lacks. JSON leaves out what is empty: there none is."""
    if table.format in NESTED_FORMATS:
        return []
    return [name for name in referenced_by(mapping, target) if table.holder(name) is None]


def check_required_columns(mapping: SourceMapping, target: Target, table: Table) -> None:
    """Raise Unreadable when a target's table lacks columns that a required contract column or a rule needs, or several
    fit that anything needs.

    JSON leaves out what is empty, so there only the columns behind required ones are asked for.
    """
    several = [name for name in referenced_by(mapping, target) if table.fits_several(name)]
    missing = [name for name in _required(mapping, target, table) if table.find(name) is None]
    missing = list(dict.fromkeys([*missing, *several]))
    if not missing:
        return
    found = list(table.columns)
    asked = _named_as_columns(mapping, target)
    hints = [_quoted(name) + _hint(name, found, is_column=normalised(name) in asked) for name in missing[:50]]
    none_found = not any(table.find(name) for name in referenced_by(mapping, target))
    raise Unreadable(
        "missing_columns",
        f"Expected {'column' if len(missing) == 1 else 'columns'} {_first(hints, missing)}; "
        f"found {_first([_quoted(name) for name in found[:50]], found) or 'none'}. "
        f"{_advice(mapping, none_found=none_found)}",
    )


def _quoted(name: str) -> str:
    return f"`{shortened(name)}`"


def _first(said: list[str], of: list[str]) -> str:
    return ", ".join(said) + (f" and {len(of) - len(said)} more" if len(of) > len(said) else "")


def _required(mapping: SourceMapping, target: Target, table: Table) -> list[str]:
    required = target.block.feed.required
    cells = [cell for name, cell in target.block.cells.items() if name in required and cell.default is None]
    names = [name for cell in cells for name in columns_of(cell) if not is_special(name, target)]
    if table.format not in NESTED_FORMATS:
        names += _named_outside_columns(mapping, target)
    return list(dict.fromkeys(names))


def _named_outside_columns(mapping: SourceMapping, target: Target) -> list[str]:
    names = [name for rule in rules_of(mapping, target) for name in rule.when.names]
    names += [name for cell in identity_cells(target) for name in columns_of(cell)]
    names += target.lines_by
    return [name for name in names if not is_special(name, target)]


def _named_as_columns(mapping: SourceMapping, target: Target) -> set[str]:
    """The columns that are taken as they are, rather than named in an expression."""
    plain = [cell for cell in cells_of(mapping, target) if not isinstance(cell.origin, FromSql)]
    return {normalised(name) for cell in plain for name in columns_of(cell)}


def _hint(name: str, found: list[str], *, is_column: bool) -> str:
    alike = [column for column in found if normalised(column) == normalised(name)]
    if len(alike) > 1:
        return f" (several fit: {', '.join(alike)}; write it exactly)"
    near = closest(name, found)
    if near:
        return f" (is it `{near}`?)"
    if is_column:
        return ""
    if name == LINE_NUMBER:
        return " (it is at hand where `columns` says `{line_number: derived}`)"
    return f" (if it is a text, write '{name}' in the expression)"


def _advice(mapping: SourceMapping, *, none_found: bool) -> str:
    if mapping.files:
        compare = f"Compare the file with the source mapping `{mapping.name}`."
        header = " If the names stand in another row, or in none, say so with `file: {header_row: …}`."
        return compare + header if none_found else compare
    return "No source mapping matches this name in this folder: rename the columns or bring a mapping."
