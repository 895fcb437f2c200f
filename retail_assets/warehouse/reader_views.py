"""Views in the DuckDB file of a place: its long marts by name, and marts with names beside the ids in them.

Views cost no rows, and a name that changes changes no mart.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from retail_assets.sql import identifier, literal
from retail_assets.warehouse.places import Place
from retail_assets.warehouse.survey import Column, SurveyedMart

PUBLISHED = "published"
"""The variable by which whoever has the release elsewhere says where: `set variable published = '/mnt/published'`."""
NAMED = "_named"


def rows_in_parquet(place: Place, mart: SurveyedMart, release: Path) -> str:
    """The query of a mart whose rows lie in Parquet only. It reads the release that its file belongs to, wherever the
    link has moved since; where that is not at the place it was written to, the variable says where it is."""
    if not place.parts(mart):
        columns = ", ".join(f"null::{column.type} as {identifier(column.name)}" for column in mart.columns)
        return f"select {columns} limit 0"
    columns = ", ".join(identifier(column.name) for column in mart.columns)
    folder = literal(f"/{place.path(f'parquet/{mart.name}')}/**/*.parquet")
    root = f"coalesce(getvariable({literal(PUBLISHED)}), {literal(as_pattern(release))})"
    return f"select {columns} from read_parquet({root} || {folder}, hive_partitioning = false, union_by_name = true)"


def as_pattern(folder: Path) -> str:
    """A path as DuckDB takes it for itself, whatever stands in it."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(folder))


def named_views(marts: Iterable[SurveyedMart]) -> dict[str, tuple[str, list[Column]]]:
    """Name of a view -> its query and its columns: a mart with the name of each product, store and supplier beside its
    id."""
    here = {mart.name: mart for mart in marts}
    masters = {
        mart.mart.names: mart for mart in here.values() if mart.mart.names and _has(mart.columns, "name")
    }
    found = {}
    for mart in here.values():
        named = {column.name: master for column in mart.columns if (master := _master(column, mart, masters))}
        if named:
            found[f"{mart.name}{NAMED}"] = _named(mart, named, masters)
    return found


def _master(column: Column, mart: SurveyedMart, masters: dict[str, SurveyedMart]) -> str | None:
    """The id that a column holds: its own name, or the end of it, as of origin_store_id."""
    ids = (one for one in masters if column.name == one or column.name.endswith(f"_{one}"))
    return next((one for one in ids if masters[one] != mart), None)


def _named(
    mart: SurveyedMart, ids: dict[str, str], masters: dict[str, SurveyedMart]
) -> tuple[str, list[Column]]:
    selected, joins = [], []
    columns: list[Column] = []
    for column in mart.columns:
        selected.append(f"mart.{identifier(column.name)}")
        columns.append(column)
        name = f"{column.name.removesuffix('_id')}_name"
        if column.name in ids and not _has(mart.columns, name):
            key = ids[column.name]
            master, alias = identifier(masters[key].name), identifier(f"of_{column.name}")
            selected.append(f"{alias}.name as {identifier(name)}")
            columns.append(Column(name, "VARCHAR", f"Name of {column.name}, as it is now."))
            joins.append(
                f"left join {master} as {alias} on mart.{identifier(column.name)} = {alias}.{identifier(key)}"
            )
    return f"select {', '.join(selected)} from {identifier(mart.name)} as mart {' '.join(joins)}", columns


def _has(columns: Sequence[Column], name: str) -> bool:
    return any(column.name == name for column in columns)
