"""JSON whose objects are keyed by id: members that are all alike are records, and their names are values."""

from collections.abc import Iterable, Iterator
from typing import Any

_ALIKE = 0.5
_DEPTH = 3


def keyed_path(document: dict[str, Any]) -> str | None:
    """The path of a document's records where they are the members of an object (`orders.*`); None where none are."""
    return next((f"{path}.*" if path else "*" for path in _keyed(document, "", _DEPTH)), None)


def keyed_within(records: Iterable[dict[str, Any]]) -> str | None:
    """The path of such an object in each of several records (`line_items`)."""
    paths = (path for record in records for path in _keyed(record, "", _DEPTH) if path)
    return next(paths, None)


def without(record: dict[str, Any], path: str) -> dict[str, Any]:
    """A record without what stands under a path."""
    key, _, rest = path.partition(".")
    kept = {name: value for name, value in record.items() if name != key}
    inner = record.get(key)
    return {**kept, key: without(inner, rest)} if rest and isinstance(inner, dict) else kept


def _keyed(value: dict[str, Any], path: str, depth: int) -> Iterator[str]:
    if _is_keyed(value):
        yield path
    elif depth:
        for key, inner in value.items():
            if isinstance(inner, dict):
                yield from _keyed(inner, f"{path}.{key}" if path else key, depth - 1)


def _is_keyed(value: dict[str, Any]) -> bool:
    """Whether its members are records: objects (or lists of them) with like fields, under names that are no words."""
    fields = [_fields(member) for member in value.values()]
    if not fields or not all(fields):
        return False
    names_are_ids = all(any(c.isdigit() for c in name) for name in value)
    if len(fields) == 1:
        return names_are_ids
    everywhere, anywhere = frozenset.intersection(*fields), frozenset.union(*fields)
    return names_are_ids or (len(fields) > 2 and len(everywhere) >= _ALIKE * len(anywhere))


def _fields(member: Any) -> frozenset[str]:
    elements = member if isinstance(member, list) else [member]
    if not elements or not all(isinstance(element, dict) for element in elements):
        return frozenset()
    return frozenset(key for element in elements for key in element)
