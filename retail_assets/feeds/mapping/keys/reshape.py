"""The key `reshape` of a mapping: the steps from the file's records to the rows that targets read."""

from collections.abc import Mapping

from retail_assets.feeds.mapping.expressions import ExpressionError
from retail_assets.feeds.mapping.keys.nodes import Node
from retail_assets.feeds.mapping.keys.replacing import REPEATS
from retail_assets.feeds.mapping.reshape.selects import parse_select
from retail_assets.feeds.mapping.reshape.steps import FillDown, Pivot, Sql, Step, Sum, Unpivot

STEPS = ("fill_down", "unpivot", "pivot", "sum", "sql")
MAX_STEPS = 10


def reshape_steps(node: Node) -> tuple[Step, ...]:
    """One step, or a list of them in order."""
    blocks = node.value if isinstance(node.value, list) else [node]
    if len(blocks) > MAX_STEPS:
        raise node.error(f"a reshape has at most {MAX_STEPS} steps")
    return tuple(_step(block) for block in blocks)


def _step(node: Node) -> Step:
    fields = node.fields(STEPS)
    if len(fields) != 1:
        raise node.error(f"a step does one thing: {', '.join(STEPS)}; several steps make a list")
    [(kind, entry)] = fields.items()
    return _READERS[kind](entry)


def _fill_down(node: Node) -> FillDown:
    if not isinstance(node.value, dict):
        return FillDown(_names(node), where=node.where)
    fields = node.fields(("columns", "per"), required=("columns",))
    return FillDown(_names(fields["columns"]), _names(fields.get("per")), where=node.where)


def _sum(node: Node) -> Sum:
    fields = node.fields(("per", "columns", "first", "repeats"), required=("per", "columns"))
    per, columns, first = (_names(fields.get(key)) for key in ("per", "columns", "first"))
    _require_apart(node, [*per, *columns, *first])
    return Sum(per, columns, first, _repeats(fields), where=node.where)


def _unpivot(node: Node) -> Unpivot:
    fields = node.fields(("columns", "except", "name", "value"), required=("name", "value"))
    if not fields.keys() & {"columns", "except"}:
        raise node.error(
            "say which columns become rows: `columns` (patterns like `Shop *`), or all `except` some"
        )
    name, value = fields["name"].filled_text(), fields["value"].filled_text()
    _require_apart(node, [name, value])
    return Unpivot(name, value, _names(fields.get("columns")), _names(fields.get("except")), where=node.where)


def _pivot(node: Node) -> Pivot:
    fields = node.fields(("per", "name", "value", "sum", "repeats"), required=("per", "name", "value"))
    per, name, value = _names(fields["per"]), _names(fields["name"]), fields["value"].filled_text()
    _require_apart(node, [*per, *name, value])
    adds_up = "sum" in fields and fields["sum"].flag()
    if "repeats" in fields and not adds_up:
        raise fields["repeats"].error(
            "a name that occurs twice is refused here; `repeats` belongs to `sum: true`"
        )
    return Pivot(per, name, value, adds_up, _repeats(fields), where=node.where)


def _sql(node: Node) -> Sql:
    try:
        select = parse_select(node.text())
    except ExpressionError as error:
        raise node.error(str(error)) from error
    return Sql(select, where=node.where)


_READERS = {"fill_down": _fill_down, "sum": _sum, "unpivot": _unpivot, "pivot": _pivot, "sql": _sql}


def _names(node: Node | None) -> tuple[str, ...]:
    return tuple(item.filled_text() for item in node.items()) if node else ()


def _repeats(fields: Mapping[str, Node]) -> str | None:
    return fields["repeats"].choice(REPEATS) if "repeats" in fields else None


def _require_apart(node: Node, names: list[str]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise node.error(f"`{twice[0]}` stands here twice")
