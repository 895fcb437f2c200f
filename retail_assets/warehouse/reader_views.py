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
        ids = [
            column.name for column in mart.columns if column.name in masters and masters[column.name] != mart
        ]
        if ids:
            found[f"{mart.name}{NAMED}"] = _named(mart, {name: masters[name] for name in ids})
    return found


def _named(mart: SurveyedMart, masters: dict[str, SurveyedMart]) -> tuple[str, list[Column]]:
    selected, joins = [], []
    columns: list[Column] = []
    for column in mart.columns:
        selected.append(f"mart.{identifier(column.name)}")
        columns.append(column)
        name = f"{column.name.removesuffix('_id')}_name"
        if column.name in masters and not _has(mart.columns, name):
            master = identifier(masters[column.name].name)
            selected.append(f"{master}.name as {identifier(name)}")
            columns.append(Column(name, "VARCHAR", f"Name of {column.name}, as it is now."))
            joins.append(
                f"left join {master} on mart.{identifier(column.name)} = {master}.{identifier(column.name)}"
            )
    return f"select {', '.join(selected)} from {identifier(mart.name)} as mart {' '.join(joins)}", columns


def _has(columns: Sequence[Column], name: str) -> bool:
    return any(column.name == name for column in columns)
