"""What the marts in the working warehouse hold: columns, descriptions, and a digest of the content.

Two surveys are equal exactly when publishing again would change nothing: all that readers see shows in one.
Reading every row once is cheap: DuckDB hashes 10 million sales lines in a third of a second.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

import duckdb

from retail_assets.audiences import Audience
from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake
from retail_assets.platform import Mart, Platform
from retail_assets.sql import hash_of, identifier, literal, parquet
from retail_assets.warehouse.addresses import without_addresses
from retail_assets.warehouse.errors import NoWarehouse, PublicationError
from retail_assets.warehouse.manifest import MARTS
from retail_assets.warehouse.reading import WAREHOUSE

WHOLE = ""
"""The one part of a mart that is not cut."""

UNDATED = "__HIVE_DEFAULT_PARTITION__"
"""The part of rows without a date; readers of Hive-partitioned Parquet take it for null."""

BUSINESS_DATE = "business_date"
MODEL_VERSION = "model_version"


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    description: str | None


@dataclass(frozen=True)
class Part:
    """Some of a mart's rows: those of one month, those of one reader, or all of them."""

    rows: int
    digest: str
    newest_business_date: date | None = None
    model_versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class SurveyedMart:
    """A mart as it stands."""

    name: str
    mart: Mart
    description: str | None
    columns: tuple[Column, ...]
    source: str
    """Where its rows come from, as SQL."""
    parts: dict[str, Part]
    """By month (2026-11), by reader where its audience has a place for each, or one named WHOLE."""
    without_reader: int = field(default=0, compare=False)
    """Rows that are in no part: their reader is null, so nobody is shown them."""

    @property
    def audience(self) -> Audience:
        return self.mart.audience

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts.values())

    @property
    def newest_business_date(self) -> date | None:
        return newest_of(self.parts.values())

    @property
    def date_column(self) -> Column | None:
        name = self.mart.by_month or BUSINESS_DATE
        return next((column for column in self.columns if column.name == name), None)

    def same_shape(self, other: "SurveyedMart") -> bool:
        """Whether equal digests mean equal Parquet: the same columns of the same types, in the same order."""
        return [(c.name, c.type) for c in self.columns] == [(c.name, c.type) for c in other.columns]


def newest_of(parts: Iterable[Part]) -> date | None:
    return max((part.newest_business_date for part in parts if part.newest_business_date), default=None)


def versions_of(parts: Iterable[Part]) -> list[str]:
    return sorted({version for part in parts for version in part.model_versions})


def survey(
    connection: duckdb.DuckDBPyConnection, platform: Platform, audience: Audience | None = None
) -> dict[str, SurveyedMart]:
    """Every mart that flows name and that is there, by name; or those of one audience."""
    tables = connection.execute(
        """
        select table_name, comment from duckdb_tables() where database_name = $1 and schema_name = $2
        union all
        select view_name, comment from duckdb_views() where database_name = $1 and schema_name = $2
        order by all
        """,
        [WAREHOUSE, MARTS],
    ).fetchall()
    comments = dict(tables)
    if comments.keys().isdisjoint(platform.marts):
        raise NoWarehouse(f"The warehouse has no tables in its schema {MARTS}: run `make nightly`.")
    found = {}
    for mart in platform.marts.values():
        if audience not in (None, mart.audience):
            continue
        table = platform.tables.get(mart.name)
        if table is not None and table.published:
            found[mart.name] = _survey_table(connection, platform.lake, mart, table)
        elif mart.name in comments:
            found[mart.name] = _survey_model(connection, mart, comments[mart.name])
    return dict(sorted(found.items()))


def _survey_model(connection: duckdb.DuckDBPyConnection, mart: Mart, description: str | None) -> SurveyedMart:
    columns = connection.execute(
        """
        select column_name, data_type, comment from duckdb_columns()
        where database_name = $1 and schema_name = $2 and table_name = $3 order by column_index
        """,
        [WAREHOUSE, MARTS, mart.name],
    ).fetchall()
    source = f"{WAREHOUSE}.{MARTS}.{identifier(mart.name)}"
    return _survey(connection, mart, description, [Column(*column) for column in columns], source)


def _survey_table(
    connection: duckdb.DuckDBPyConnection, lake: Lake, mart: Mart, table: LakeTable
) -> SurveyedMart:
    files = table.parts(lake)
    if not files:
        raise PublicationError(
            f"{mart.name} has no file in {lake.table_folder(table.name)}: run `make setup`."
        )
    typed = ", ".join(
        f"cast({identifier(c.name)} as {c.sql_type}) as {identifier(c.name)}" for c in table.columns.values()
    )
    # Read once: what is written has to be what the digests are of, and flows may compute meanwhile.
    source = f"temp.{identifier(table.name)}"
    connection.execute(
        f"create temp table {identifier(table.name)} as "
        f"select {typed} from {parquet(files, union_by_name=True)}"
    )
    columns = [
        Column(name, kind, table.columns[name].description)
        for name, kind in connection.execute(
            f"select column_name, column_type from (describe {source})"
        ).fetchall()
    ]
    return _survey(connection, mart, table.description, columns, source)


def _survey(
    connection: duckdb.DuckDBPyConnection,
    mart: Mart,
    description: str | None,
    columns: list[Column],
    source: str,
) -> SurveyedMart:
    if not mart.audience.sees_persons:
        texts = [c.name for c in columns if c.type == "VARCHAR" and c.name != mart.audience.per]
        guarded = identifier(f"{mart.name} without addresses")
        connection.execute(f"create temp view {guarded} as {without_addresses(source, texts)}")
        source = f"temp.{guarded}"
    surveyed = SurveyedMart(mart.name, mart, description, tuple(columns), source, {})
    names = {column.name for column in columns}
    for wanted, what in (
        (mart.by_month, "is cut into months by it"),
        (mart.audience.per, "is cut by it for its readers"),
    ):
        if wanted is not None and wanted not in names:
            raise PublicationError(
                f"Mart {mart.name} has no column {wanted}, but {what}: add the column to the mart, or change what its "
                "flow says of it."
            )
    return _with_parts(connection, surveyed)


def _with_parts(connection: duckdb.DuckDBPyConnection, mart: SurveyedMart) -> SurveyedMart:
    day = f"cast({identifier(mart.date_column.name)} as date)" if mart.date_column else "null::date"
    cut = "''"
    if mart.audience.per is not None:
        cut = f"cast({identifier(mart.audience.per)} as varchar)"
    elif mart.mart.by_month is not None:
        cut = f"coalesce(strftime({day}, '%Y-%m'), {literal(UNDATED)})"
    has_versions = any(column.name == MODEL_VERSION for column in mart.columns)
    named = f"list(distinct {MODEL_VERSION}) filter ({MODEL_VERSION} is not null)"  # not all rows were scored
    versions = f"list_sort({named})" if has_versions else "null"
    content = hash_of({identifier(column.name): column.type for column in mart.columns})
    rows = connection.execute(
        f"""
        select {cut}, count(*), coalesce(sum({content}), 0)::varchar, max({day}), {versions}
        from {mart.source} group by 1 order by 1
        """
    ).fetchall()
    parts = {
        part: Part(count, digest, newest, tuple(found or ())) for part, count, digest, newest, found in rows
    }
    of_nobody = parts.pop(None, None)
    # A mart without rows still has a file, so that readers find its columns.
    if not parts and mart.audience.per is None:
        parts = {UNDATED if mart.mart.by_month else WHOLE: Part(0, "0")}
    return replace(mart, parts=parts, without_reader=of_nobody.rows if of_nobody else 0)
