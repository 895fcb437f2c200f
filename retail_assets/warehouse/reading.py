"""Reading the working warehouse, for publication and for Python that computes from marts."""

from collections.abc import Generator
from contextlib import contextmanager

import duckdb
import polars as pl

from retail_assets.intake.identity import platform_id
from retail_assets.lake import scratch_folder
from retail_assets.platform import Platform
from retail_assets.sql import identifier, literal
from retail_assets.warehouse.addresses import know_pseudonyms
from retail_assets.warehouse.errors import NoWarehouse
from retail_assets.warehouse.lock import warehouse_lock
from retail_assets.warehouse.manifest import INTERMEDIATE, MARTS, STAGING

WAREHOUSE = "warehouse"
"""The working file's catalog name: that of dbt's, since views name it."""


@contextmanager
def open_warehouse(platform: Platform) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection that can read the working warehouse and nothing can write it through; hold its lock.

    Raises NoWarehouse before the first night.
    """
    lake, settings = platform.lake, platform.settings
    if not lake.warehouse.exists():
        raise NoWarehouse(f"There is no warehouse at {lake.warehouse} yet: run `make nightly`.")
    with scratch_folder(lake) as spill, duckdb.connect() as connection:
        connection.execute(f"set threads = {settings.duckdb_threads}")
        connection.execute(f"set memory_limit = {literal(settings.duckdb_memory)}")
        connection.execute(f"set temp_directory = {literal(str(spill))}")
        connection.execute(f"set TimeZone = {literal(settings.time_zone)}")
        connection.execute(f"attach {literal(str(lake.warehouse))} as {WAREHOUSE} (read_only)")
        know_pseudonyms(connection, platform_id(lake) or "")
        yield connection


def read_mart(platform: Platform, name: str, *columns: str, where: str = "true") -> pl.DataFrame:
    """Columns of a mart as dbt left it, for a table that names the mart in `reads`; `where` is a condition in SQL.

    Waits for a build or a publication that is under way. Raises NoWarehouse where the mart was not built yet.
    """
    return _read(platform, MARTS, name, columns, where)


def read_intermediate(platform: Platform, name: str, *columns: str, where: str = "true") -> pl.DataFrame:
    """Columns of an intermediate table that a mart named in `reads` is built from; else as `read_mart`."""
    return _read(platform, INTERMEDIATE, name, columns, where)


def read_staged(platform: Platform, feed: str, *columns: str) -> pl.DataFrame:
    """Columns of a feed's current rows; else as `read_mart`."""
    return _read(platform, STAGING, f"stg_{feed}", columns)


def _read(
    platform: Platform, layer: str, name: str, columns: tuple[str, ...], where: str = "true"
) -> pl.DataFrame:
    selected = ", ".join(map(identifier, columns))
    with warehouse_lock(platform.lake), open_warehouse(platform) as connection:
        try:
            return connection.sql(
                f"select {selected} from {WAREHOUSE}.{layer}.{identifier(name)} where {where}"
            ).pl()
        except duckdb.CatalogException as error:
            raise NoWarehouse(
                f"The warehouse has no {layer.removesuffix('s')} {name} yet: run `make nightly`."
            ) from error
