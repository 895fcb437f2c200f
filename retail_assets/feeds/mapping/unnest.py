"""Nested records made flat: one row per element of the list that a target unfolds, every nested field that the
mapping names a column under its dotted path. What comes out is an ordinary table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from retail_assets.errors import Unreadable
from retail_assets.feeds.mapping.asking import Engine
from retail_assets.feeds.mapping.broken_paths import Field, malformed, not_json, without_broken_paths
from retail_assets.feeds.mapping.model import SourceMapping, Target
from retail_assets.feeds.mapping.references import referenced_by
from retail_assets.feeds.mapping.spelled_names import closest, normalised
from retail_assets.feeds.mapping.table import Table, cell_of
from retail_assets.feeds.readers.columns import CELLS, TEXT_CELL
from retail_assets.feeds.readers.json_values import cell, number_text
from retail_assets.sql import literal, parquet

MAX_UNKNOWN_FIELDS = 500
EVERY = "*"
"""Behind a list's name: what stands there may also be an object whose members are the elements."""


@dataclass(frozen=True)
class _Level:
    """One list on the path that is unfolded: its dotted path and the column that holds its element."""

    path: str
    element: str


def unnested(engine: Engine, mapping: SourceMapping, target: Target, whole: Table, path: Path) -> Table:
    """The table that a target works on, written to `path` when it is not the file's own."""
    if not whole.columns:
        return whole  # no records, or none that can be read
    names = [
        name for name in referenced_by(mapping, target) if name == target.unnest or whole.find(name) is None
    ]
    nested = [name for name in names if whole.holder(name)]
    if target.unnest is None and not nested:
        return whole
    levels, relation = _levels(whole, target, mapping.values.null_words)
    parents = {column for name in [*nested, target.unnest or ""] if (column := whole.holder(name))}
    parsed = [f"{_parsed(whole.columns[name][0])} as {_parent(whole, name)}" for name in sorted(parents)]
    relation = f"select {', '.join(['*', *parsed])} from ({relation})"
    objects = _objects(whole, levels, [_path(name) for name in nested])
    relation = _without_repeated_names(relation, objects)
    found = _fields_found(engine, whole, levels, relation, objects, len(nested))
    # A key may hold points itself; what is in the file knows better than the path.
    spelled = {name: _as_spelled(_path(name), found) for name in nested}
    fields = {
        name: found[there] if there else _field(whole, levels, _path(name)) for name, there in spelled.items()
    }
    for name, field in found.items():
        if len(fields) < len(nested) + MAX_UNKNOWN_FIELDS and name not in spelled.values():
            fields[name] = field
    texted = sorted(parents - {whole.holder(target.unnest or "")})
    texts = [(*whole.columns[name], _parent(whole, name)) for name in texted]
    inner = [*(fields[name] for name in nested), *((level.element, "/") for level in levels[:-1])]
    relation = without_broken_paths(relation, texts, inner, mapping.values.null_words)
    kept = {name: place for name, place in whole.columns.items() if name not in parents}
    texts, kinds, relation = _texts(list(fields.values()), relation)
    columns = [sql for sql, _ in kept.values()]
    columns += [number_text(text, kind) for text, kind in zip(texts, kinds, strict=True)]
    cells = [
        cell_of(number) if whole.has_cells else literal(TEXT_CELL)
        for number, name in enumerate(whole.columns)
        if name in kept
    ] + [cell(text, kind) for text, kind in zip(texts, kinds, strict=True)]
    numbered = ", ".join(f"{sql} as _f{number}" for number, sql in enumerate(columns))
    own = _own_columns(levels)
    said = f"concat({', '.join(cells) or literal('')}) as {CELLS}"
    query = f"select {own}, {said}{', ' if numbered else ''}{numbered} from ({relation})"
    engine.write(query, path)
    types = [sql_type for _, sql_type in kept.values()] + ["VARCHAR"] * len(fields)
    typed = {name: (f"_f{n}", types[n]) for n, name in enumerate([*kept, *fields])}
    return Table(parquet(path), typed, whole.format, has_cells=True, is_unfolded=bool(levels))


def _own_columns(levels: list[_Level]) -> str:
    if not levels:
        return "_record, _place, _malformed, _empty"
    last = levels[-1]
    # Records are counted after unfolding; where in the document one stood is in its place.
    return (
        "row_number() over () as _record, concat_ws(' ', _place, 'record ' || _record || ': ' || _path) as _place, "
        f"_record as _of_record, _malformed, (_malformed is null and {last.element} is null) as _empty"
    )


def _rest(whole: str, beginning: str) -> str:
    """What of a dotted path remains after its beginning, as a JSON pointer."""
    return _pointer(whole.split(".")[len(beginning.split(".")) :])


def _pointer(keys: list[str]) -> str:
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def _levels(whole: Table, target: Target, null_words: tuple[str, ...]) -> tuple[list[_Level], str]:
    """The lists to unfold, and the relation that has them unfolded."""
    relation = f"select *, '' as _path from {whole.relation}"
    if target.unnest is None:
        return [], relation
    column = whole.holder(target.unnest)
    if column is None:
        near = closest(target.unnest, list(whole.columns))
        raise Unreadable(
            "missing_columns",
            f"Expected a list `{target.unnest}` to unfold{f' (is it `{near}`?)' if near else ''}; "
            f"found {', '.join(f'`{name}`' for name in whole.columns) or 'no fields'}.",
        )
    source = whole.columns[column][0]
    broken = not_json(*whole.columns[column], _parsed(source), null_words)
    relation = f"select *, {_parsed(source)} as _j0 from ({malformed(relation, [broken])})"
    levels: list[_Level] = []
    path = column
    segments = target.unnest.split(".")[len(column.split(".")) :]
    for depth, (segment, is_keyed) in enumerate(_steps(["", *segments])):
        if segment:
            path = f"{path}.{segment}"
        inner = f"json_extract(_j{depth}, {literal(_rest(f'.{segment}', ''))})" if segment else f"_j{depth}"
        element, step = f"_j{depth + 1}", f"_u{depth}"
        elements = _members(inner) if is_keyed else _elements(inner)
        unnested = f"select *, unnest({elements}) as {step} from ({relation})"
        place = f"concat_ws('.', nullif(_path, ''), {literal(segment or path)} || coalesce('[' || {step}.i || ']', ''))"
        relation = f"select * replace ({place} as _path), nullif({step}.e, 'null'::json) as {element} from ({unnested})"
        levels.append(_Level(path, element))
    return levels, relation


def _steps(segments: list[str]) -> list[tuple[str, bool]]:
    """The names on a path with whether the members of what stands there are the elements."""
    following = [*segments[1:], ""]
    return [(one, after == EVERY) for one, after in zip(segments, following, strict=True) if one != EVERY]


def _path(name: str) -> str:
    """Where a field lies that may be named with the `*` of its list, or without."""
    return name.replace(f".{EVERY}.", ".").removesuffix(f".{EVERY}")


def _members(value: str) -> str:
    """The same of an object that is a list by the names of its members: each is the field `key` of its element. PHP
    writes such a list as a plain one where its keys are 0, 1, …"""
    named = f"list_zip(json_keys({value}), json_extract({value}, '$.*'))"
    numbered = f"list_zip(range(json_array_length({value})::bigint), json_extract({value}, '$[*]'))"
    return (
        f"case when json_type({value}) = 'OBJECT' and len(json_keys({value})) > 0 then {_keyed(named)} "
        f"when json_type({value}) = 'ARRAY' and json_array_length({value}) > 0 then {_keyed(numbered)} "
        f"when json_type({value}) in ('OBJECT', 'ARRAY') then [{{'e': null::json, 'i': null::varchar}}] "
        f"else [{{'e': {value}, 'i': null::varchar}}] end"
    )


def _keyed(pairs: str) -> str:
    """Keys and members as elements with their key; a bare value becomes the field `value`."""
    key, member = "to_json(p[1]::varchar)", "p[2]::varchar"
    name = "if(list_contains(json_keys(p[2]), 'key'), 'key_of_object', 'key')"
    fields = f"'{{\"' || {name} || '\":' || {key} || if(p[2] = '{{}}'::json, '', ',') || substr({member}, 2)"
    bare = f"'{{\"key\":' || {key} || ',\"value\":' || {member} || '}}'"
    element = f"case json_type(p[2]) when 'NULL' then null when 'OBJECT' then {fields} else {bare} end"
    return f"list_transform({pairs}, lambda p: {{'e': cast({element} as json), 'i': p[1]::varchar}})"


def _elements(value: str) -> str:
    """A JSON value as a list of its elements with their numbers: one that is no list is its own only element, and
    an empty list has one that is null, so that its record is not lost."""
    nothing = "[{'e': null::json, 'i': null::bigint}]"
    listed = f"list_transform(json_extract({value}, '$[*]'), lambda e, i: {{'e': e, 'i': i::bigint}})"
    return (
        f"case when {value} is null or json_type({value}) = 'NULL' then {nothing} "
        f"when json_type({value}) <> 'ARRAY' then [{{'e': {value}, 'i': null::bigint}}] "
        f"when json_array_length({value}) = 0 then {nothing} else {listed} end"
    )


def _as_spelled(name: str, found: Iterable[str]) -> str | None:
    """The field as the file spells it, exactly or but for case; raises Unreadable where several fit."""
    if name in found:
        return name
    alike = [field for field in found if normalised(field) == normalised(name)]
    if len(alike) > 1:
        raise Unreadable(
            "missing_columns",
            f"Expected a field `{name}` (several fit: {', '.join(alike[:50])}; write it exactly).",
        )
    return alike[0] if alike else None


def _field(whole: Table, levels: list[_Level], name: str) -> Field:
    value, path = _holder(whole, levels, name)
    return value, _rest(name, path) or "$"


def _texts(fields: list[Field], relation: str) -> tuple[list[str], list[str], str]:
    """The fields as texts, their JSON types, and the relation that has both: lists for each JSON value."""
    lists: dict[str, list[str]] = {}
    places = []
    for value, pointer in fields:
        pointers = lists.setdefault(value, [])
        pointers.append(literal(pointer))
        places.append(f"{list(lists).index(value)}[{len(pointers)}]")
    found = [
        f"json_extract_string({value}, [{', '.join(pointers)}]) as _l{number}, "
        f"json_type({value}, [{', '.join(pointers)}]) as _t{number}"
        for number, (value, pointers) in enumerate(lists.items())
    ]
    texts, kinds = [f"_l{place}" for place in places], [f"_t{place}" for place in places]
    return texts, kinds, f"select {', '.join(['*', *found])} from ({relation})"


def _holder(whole: Table, levels: list[_Level], name: str) -> tuple[str, str]:
    """The JSON value that a dotted path starts from, and that value's own path."""
    for level in reversed(levels):
        if name == level.path or name.startswith(f"{level.path}."):
            return level.element, level.path
    column = whole.holder(name) or name
    return _parent(whole, column), column


def _parent(whole: Table, column: str) -> str:
    """What a column that holds JSON is called once it is parsed."""
    return f"_p{list(whole.columns).index(column)}"


def _parsed(source: str) -> str:
    return f"case when json_valid({source}) then json({source}) end"


def _objects(whole: Table, levels: list[_Level], nested: list[str]) -> dict[str, str]:
    """The JSON objects in which named fields lie, by their paths."""
    objects: dict[str, str] = {level.path: level.element for level in levels}
    for name in nested:
        value, path = _holder(whole, levels, name)
        objects.setdefault(path, value)
        for length in range(len(path.split(".")) + 1, len(name.split("."))):
            inner = ".".join(name.split(".")[:length])
            objects[inner] = f"json_extract({value}, {literal(_rest(inner, path))})"
    return objects


def _without_repeated_names(relation: str, objects: dict[str, str]) -> str:
    """Malformed as at the top of a record: which of two values of one name is meant nobody can tell."""
    return malformed(
        relation,
        [
            f"case when len(json_keys({value})) > len(list_distinct(json_keys({value}))) then {value}::varchar end"
            for value in objects.values()
        ],
    )


def _fields_found(
    engine: Engine,
    whole: Table,
    levels: list[_Level],
    relation: str,
    objects: dict[str, str],
    named: int,
) -> dict[str, Field]:
    """All fields of those objects, the named ones and others, which are kept and reported like any unknown column."""
    found: dict[str, Field] = {}
    enough = MAX_UNKNOWN_FIELDS + len(objects) + named
    for path, value in objects.items():
        query = (
            f"select distinct unnest(json_keys(o)) as key from (select {value} as o from ({relation})) "
            f"where json_type(o) = 'OBJECT' order by key limit {enough}"
        )
        holder, pointer = _field(whole, levels, path)
        for (key,) in engine.rows(query):
            if f"{path}.{key}" not in objects:
                found[f"{path}.{key}"] = (holder, pointer.removeprefix("$") + _pointer([key]))
    return dict(sorted(found.items()))
